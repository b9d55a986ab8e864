import { setTimeout as sleep } from 'node:timers/promises';
import {
  LAPTOP,
  pushClockPicture,
  readClockOn,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type StoryBrowser,
} from '@showrunner/tests/support';
import { onPlatform } from '../cluster/on-platform.ts';
import { percentile, type Figure, type FigureRow } from '../report.ts';
import { watchClock } from '../watched-clock.ts';

const ROUNDS = 3;
const GOAL_MS = 100;
/** After the first picture the player may take so long to settle. */
const SETTLING_MS = 10_000;

interface Show {
  readonly publishUrl: string;
  readonly watchUrl: string;
}

interface Watched {
  readonly latencies: number[];
  readonly stalls: number;
}

async function watch(
  browser: StoryBrowser,
  { publishUrl, watchUrl }: Show,
  ms: number,
  label: string,
): Promise<Watched> {
  const publisher = pushClockPicture(publishUrl);
  try {
    const page = await browser.open(watchUrl, LAPTOP);
    await untilPlaying(page, 30_000);
    await readClockOn(page);
    await sleep(SETTLING_MS);
    const { latencies, from, to } = await watchClock(page, ms, label);
    await page.close();
    return { latencies, stalls: to.stallCount - from.stallCount };
  } finally {
    await publisher.stop();
  }
}

function row(what: string, cluster: number, laptop: number): FigureRow {
  const more = cluster - laptop;
  return {
    what: `glass to glass through front door and edge, ${what}`,
    ours: `${cluster.toFixed(0)} ms (${more >= 0 ? '+' : ''}${more.toFixed(0)} ms)`,
    peer: `${laptop.toFixed(0)} ms`,
    goal: `<= ${GOAL_MS} ms more`,
    met: more <= GOAL_MS,
  };
}

export const ingestToPlayhead: Figure = {
  name: 'ingest-to-playhead',
  describes: 'glass to glass through front door and edge of a real cluster, beside the laptop, in turns',
  home: 'cluster',
  run: ({ seconds }) =>
    onPlatform('playhead', async ({ platform }) => {
      const product = await startShowrunner();
      const browser = await startBrowser('no-user-gesture-required', new URL(platform.webUrl).hostname);
      try {
        await platform.apply('clock');
        await platform.untilReady('clock');
        const [key = ''] = await product.applyAll(['clock'], {});
        const shows = {
          laptop: { publishUrl: product.publishUrl(key), watchUrl: `${product.http}/watch/default/clock` },
          cluster: { publishUrl: await platform.publishUrl('clock'), watchUrl: platform.watchUrl('clock') },
        };
        const watched: Record<keyof typeof shows, Watched[]> = { laptop: [], cluster: [] };
        for (let round = 1; round <= ROUNDS; round += 1) {
          for (const home of ['laptop', 'cluster'] as const) {
            watched[home].push(await watch(browser, shows[home], seconds * 1_000, `${home}, round ${round}`));
          }
        }
        const at = (home: keyof typeof shows, share: number) =>
          percentile(
            watched[home].flatMap(({ latencies }) => latencies),
            share,
          );
        const stalls = (home: keyof typeof shows) => watched[home].reduce((sum, { stalls }) => sum + stalls, 0);
        return [
          row('p50', at('cluster', 0.5), at('laptop', 0.5)),
          row('p95', at('cluster', 0.95), at('laptop', 0.95)),
          { what: 'stalls', ours: `${stalls('cluster')}`, peer: `${stalls('laptop')}`, goal: '-', met: true },
        ];
      } finally {
        await browser.close();
        await product.stop();
      }
    }),
};
