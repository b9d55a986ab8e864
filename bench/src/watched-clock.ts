import { setTimeout as sleep } from 'node:timers/promises';
import { readPlayer, takeClockSamples, type Page, type PlayerFacts } from '@showrunner/tests/support';
import { percentile, say } from './report.ts';

export interface Stretch {
  /** Glass to glass, milliseconds. */
  readonly latencies: number[];
  readonly from: PlayerFacts;
  readonly to: PlayerFacts;
}

/** Reads the clock in the picture of a page that plays, for so long. */
export async function watchClock(page: Page, ms: number, label: string): Promise<Stretch> {
  const from = await readPlayer(page);
  await takeClockSamples(page);
  const latencies: number[] = [];
  const until = Date.now() + ms;
  while (Date.now() < until) {
    await sleep(Math.min(10_000, Math.max(0, until - Date.now())));
    const { samples } = await takeClockSamples(page);
    const fresh = samples.map(({ glassToGlassMs }) => glassToGlassMs);
    latencies.push(...fresh);
    const { latencySeconds, playbackRate, stallCount } = await readPlayer(page);
    say(
      `${label}: p50 ${percentile(fresh, 0.5).toFixed(0)} ms, max ${percentile(fresh, 1).toFixed(0)} ms, ` +
        `player says ${latencySeconds} s, rate ${playbackRate}, stalls ${stallCount}`,
    );
  }
  return { latencies, from, to: await readPlayer(page) };
}
