import { setTimeout as sleep } from 'node:timers/promises';
import {
  LAPTOP,
  pushClockPicture,
  readClockOn,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Page,
} from '@showrunner/tests/support';
import { startDelayingProxy, type DelayingProxy } from '../delaying-proxy.ts';
import { percentile, type Figure, type FigureOptions, type FigureRow } from '../report.ts';
import { watchClock } from '../watched-clock.ts';

/** After the first picture the player may take so long to settle. */
const SETTLING_MS = 10_000;
const MAX_DELAY_MS = 300;
const CALM_MINUTES = 2;

/** The goals by part duration: milliseconds at the median and at 95 %. */
const GOALS: Record<number, { p50?: number; p95: number }> = { 200: { p50: 850, p95: 950 }, 100: { p95: 650 } };

function inMs(value: number): string {
  return `${value.toFixed(0)} ms`;
}

async function steady(page: Page, { minutes, part }: FigureOptions): Promise<FigureRow[]> {
  await sleep(SETTLING_MS);
  const { latencies, from, to } = await watchClock(page, minutes * 60_000, `${part} ms parts`);
  const [p50, p95] = [percentile(latencies, 0.5), percentile(latencies, 0.95)];
  const stalls = to.stallCount - from.stallCount;
  const goal = GOALS[part];
  const name = `glass to glass, ${part} ms parts, ${minutes} min`;
  return [
    {
      what: `${name}, p50`,
      ours: inMs(p50),
      goal: goal?.p50 ? `<= ${goal.p50} ms` : '-',
      met: !goal?.p50 || p50 <= goal.p50,
    },
    { what: `${name}, p95`, ours: inMs(p95), goal: goal ? `<= ${goal.p95} ms` : '-', met: !goal || p95 <= goal.p95 },
    { what: `${name}, stalls`, ours: String(stalls), goal: '0', met: stalls === 0 },
  ];
}

async function rough(page: Page, proxy: DelayingProxy, { minutes, part }: FigureOptions): Promise<FigureRow[]> {
  await sleep(SETTLING_MS);
  proxy.setDelay(MAX_DELAY_MS);
  const first = await watchClock(page, 60_000, 'first rough minute');
  const later = await watchClock(page, Math.max(1, minutes - 1) * 60_000, 'rough');
  proxy.setDelay(0);
  await watchClock(page, CALM_MINUTES * 60_000 - 15_000, 'calm');
  const back = await watchClock(page, 15_000, 'end of two calm minutes');
  const stalls = later.to.stallCount - later.from.stallCount;
  const calmP95 = percentile(back.latencies, 0.95);
  const goal = GOALS[part]?.p95 ?? Infinity;
  return [
    {
      what: 'rough network, stalls of the first minute',
      ours: String(first.to.stallCount - first.from.stallCount),
      goal: '-',
      met: true,
    },
    { what: 'rough network, stalls after the first minute', ours: String(stalls), goal: '0', met: stalls === 0 },
    { what: 'rough network, glass to glass p50', ours: inMs(percentile(later.latencies, 0.5)), goal: '-', met: true },
    { what: 'two minutes of calm later, p95', ours: inMs(calmP95), goal: `<= ${goal} ms`, met: calmP95 <= goal },
  ];
}

export const glassToGlass: Figure = {
  name: 'glass-to-glass',
  describes: 'from the wall clock drawn into a frame to the frame on our watch page in Chromium',
  home: 'laptop',
  run: async (options) => {
    const product = await startShowrunner();
    const browser = await startBrowser();
    const [key = ''] = await product.applyAll(['clock'], { transcode: { partDuration: `${options.part}ms` } });
    const publisher = pushClockPicture(`${product.rtmpServer}/${key}`);
    const proxy = options.rough ? await startDelayingProxy(product.http) : undefined;
    try {
      const page = await browser.open(`${proxy?.http ?? product.http}/watch/default/clock`, LAPTOP);
      await untilPlaying(page, 30_000);
      await readClockOn(page);
      return await (proxy ? rough(page, proxy, options) : steady(page, options));
    } finally {
      await browser.close();
      await proxy?.close();
      await publisher.stop();
      await product.stop();
    }
  },
};
