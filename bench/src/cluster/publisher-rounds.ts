import type { Platform } from '@showrunner/tests/cluster-stories';
import type { Publisher, TcpRelay } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { percentile, say, type FigureRow } from '../report.ts';
import { Moments, type Moment } from './moments.ts';
import { keyedStream, onPlatform, relayToFrontDoor, type KeyedStream, type MeasuredPlatform } from './on-platform.ts';

/** A stream that is not applied yet, and its publisher, who comes when told to. */
export interface Round {
  readonly platform: Platform;
  readonly stream: KeyedStream;
  /** Between the publisher and the front door. */
  readonly relay: TcpRelay;
  readonly moments: Moments;
  readonly publish: () => void;
}

export interface RoundsOptions {
  /** Of the streams, with the number of the round behind it. */
  readonly name: string;
  readonly rounds: number;
  readonly spec?: object;
  /** What is seen on the way, told beside what is timed. */
  readonly seen: readonly Moment[];
  /** What a round comes to, in a word or two, and what the figure calls it. */
  readonly end: string;
  readonly what: string;
  /** Milliseconds, of the 95th percentile. */
  readonly goalMs?: number;
}

/** How long publishers of a real cluster wait, one round after the other. `time` resolves at the end, with when it began. */
export async function publisherRounds(
  options: RoundsOptions,
  time: (round: Round) => Promise<number>,
): Promise<FigureRow[]> {
  const { name, rounds, what, goalMs } = options;
  const file = await encodeShow();
  const samples = await onPlatform(name, async (measured) => {
    const taken: number[] = [];
    for (let round = 1; round <= rounds; round += 1) taken.push(await once(measured, file, round, options, time));
    return taken;
  });
  const [p50, p95] = [percentile(samples, 0.5), percentile(samples, 0.95)];
  return [
    { what: `${what}, ${rounds} times, p50`, ours: `${p50.toFixed(0)} ms`, goal: '-', met: true },
    {
      what: 'the same, p95',
      ours: `${p95.toFixed(0)} ms`,
      goal: goalMs === undefined ? '-' : `<= ${goalMs} ms`,
      met: goalMs === undefined || p95 <= goalMs,
    },
  ];
}

async function once(
  measured: MeasuredPlatform,
  file: string,
  round: number,
  { name, spec, seen, end }: RoundsOptions,
  time: (round: Round) => Promise<number>,
): Promise<number> {
  const { platform, client } = measured;
  const stream = await keyedStream(measured, `${name}-${round}`, spec);
  const relay = await relayToFrontDoor(measured);
  const moments = await Moments.from(client, platform.tenant.name, seen);
  const publishers: Publisher[] = [];
  const publish = () => void publishers.push(pushFile(file, `rtmp://127.0.0.1:${relay.port}/live/${stream.key}`));
  try {
    const began = await time({ platform, stream, relay, moments, publish });
    const ms = performance.now() - began;
    say(`round ${round}: ${moments.since(began)}, ${end} ${ms.toFixed(0)} ms`);
    return ms;
  } finally {
    moments.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await relay.close();
    await stream.remove();
  }
}
