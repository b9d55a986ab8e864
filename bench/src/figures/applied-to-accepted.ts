import { eventually } from '@showrunner/tests/support';
import { Moments, POD_STARTS } from '../cluster/moments.ts';
import { keyedStream, type MeasuredPlatform, onPlatform, relayToFrontDoor } from '../cluster/on-platform.ts';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { hasSent } from '../playable.ts';
import { percentile, say, type Figure } from '../report.ts';

const ROUNDS = 20;
const GOAL_MS = 3_000;
/** What an encoder sends first when it was told that it may publish. */
const FIRST_WORD = 'onMetaData';

/** Milliseconds from the LiveStream to an ffmpeg that was let in, which came as soon as its key was known. */
async function once(measured: MeasuredPlatform, file: string, round: number): Promise<number> {
  const { platform, client } = measured;
  const stream = await keyedStream(measured, `applied-${round}`);
  const relay = await relayToFrontDoor(measured);
  const moments = await Moments.from(client, platform.tenant.name, ['key known', ...POD_STARTS]);
  const began = performance.now();
  await stream.apply();
  await moments.until('key known');
  const publisher = pushFile(file, `rtmp://127.0.0.1:${relay.port}/live/${stream.key}`);
  try {
    await eventually('the publisher to be let in', () => hasSent(relay, FIRST_WORD), { everyMs: 2, timeoutMs: 40_000 });
    const ms = performance.now() - began;
    say(`round ${round}: ${moments.since(began)}, let in ${ms.toFixed(0)} ms`);
    return ms;
  } finally {
    moments.close();
    await publisher.kill();
    await relay.close();
    await stream.remove();
  }
}

export const appliedToAccepted: Figure = {
  name: 'applied-to-accepted',
  describes: 'from a LiveStream applied on a real cluster to its publisher let in, the images being there',
  home: 'cluster',
  run: async () => {
    const file = await encodeShow();
    const samples = await onPlatform('applied', async (measured) => {
      const taken: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) taken.push(await once(measured, file, round));
      return taken;
    });
    const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
    return [
      { what: `applied to accepted, ${ROUNDS} times, p50`, ours: `${p50.toFixed(0)} ms`, goal: '-', met: true },
      { what: 'the same, p95', ours: `${p95.toFixed(0)} ms`, goal: `<= ${GOAL_MS} ms`, met: p95 <= GOAL_MS },
    ];
  },
};
