import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@showrunner/tests/support';
import { Moments, POD_STARTS } from '../cluster/moments.ts';
import { keyedStream, type MeasuredPlatform, onPlatform, relayToFrontDoor } from '../cluster/on-platform.ts';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { playable, publishedAt } from '../playable.ts';
import { percentile, say, type Figure } from '../report.ts';

const ROUNDS = 15;
const GOAL_MS = 5_000;
/** So that what was made for the LiveStream is not in the way of what its publisher wants. */
const SETTLING_MS = 1_000;

/** Milliseconds from the publish command at the front door to media that the edge gives. */
async function once(measured: MeasuredPlatform, file: string, round: number): Promise<number> {
  const { platform, client } = measured;
  const stream = await keyedStream(measured, `cold-${round}`, { standby: 'cold' });
  await stream.apply();
  await platform.untilReady(stream.name);
  await sleep(SETTLING_MS);
  const relay = await relayToFrontDoor(measured);
  const moments = await Moments.from(client, platform.tenant.name, POD_STARTS);
  const publisher = pushFile(file, `rtmp://127.0.0.1:${relay.port}/live/${stream.key}`);
  try {
    const began = await publishedAt(relay);
    const url = platform.playlistUrl(stream.name);
    await eventually('playable media', () => playable(url), { everyMs: 20, timeoutMs: 40_000 });
    const ms = performance.now() - began;
    say(`round ${round}: ${moments.since(began)}, playable ${ms.toFixed(0)} ms`);
    return ms;
  } finally {
    moments.close();
    await publisher.kill();
    await relay.close();
    await stream.remove();
  }
}

export const coldStart: Figure = {
  name: 'cold-start',
  describes: 'from a publisher that knocks for a cold LiveStream on a real cluster to the first playable media',
  home: 'cluster',
  run: async () => {
    const file = await encodeShow();
    const samples = await onPlatform('cold', async (measured) => {
      const taken: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) taken.push(await once(measured, file, round));
      return taken;
    });
    const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
    return [
      { what: `cold stream to playable, ${ROUNDS} times, p50`, ours: `${p50.toFixed(0)} ms`, goal: '-', met: true },
      { what: 'the same, p95', ours: `${p95.toFixed(0)} ms`, goal: `<= ${GOAL_MS} ms`, met: p95 <= GOAL_MS },
    ];
  },
};
