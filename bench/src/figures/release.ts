import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  followLive,
  httpGet,
  nextPosition,
  parseMedia,
  startShowrunner,
  startTcpRelay,
  type HttpAnswer,
} from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { messageWith } from '../message-with.ts';
import { median, percentile, say, type Figure } from '../report.ts';
import { completingFrame, sentFrames, type SentFrame } from '../sent-frames.ts';

const BLOCKED = 2_000;
const ROUNDS = 30;
/** Ten minutes of the show: far more than the rounds take. */
const CAPTURED_BYTES = 256 * 1024 * 1024;
/** Two processes read the same clock, each with an origin of its own. */
const CLOCK_TOLERANCE_MS = 2;
const CLIENTS = fileURLToPath(new URL('../blocked-clients.ts', import.meta.url));

interface Round {
  /** When all requests were out, in Unix ms. */
  readonly sent: number;
  /** When the first bytes of each answer came, in Unix ms. */
  readonly arrivals: readonly number[];
  /** Undefined where no playlist lists it. */
  readonly part: HttpAnswer | undefined;
}

/** Milliseconds from the frame that completed the part to each answer; a sentence where that cannot be told. */
function delaysOf({ sent, arrivals, part }: Round, frames: readonly SentFrame[]): number[] | string {
  if (part === undefined) return 'the part was answered but is not listed, so that the show was disturbed';
  const completing = completingFrame(frames, part.body, part.answeredAt);
  if (!completing) return 'the part does not end with a frame that was sent, so that the show was disturbed';
  if (sent > completing.at) return `the part was complete ${(sent - completing.at).toFixed(1)} ms before all had asked`;
  const delays = arrivals.map((at) => at - completing.at);
  const first = Math.min(...delays);
  return first < -CLOCK_TOLERANCE_MS ? `an answer came ${(-first).toFixed(1)} ms before the part was complete` : delays;
}

function ms(value: number): string {
  return `${value.toFixed(1)} ms`;
}

export const release: Figure = {
  name: 'release',
  describes: '2,000 blocked playlist requests released by one part',
  home: 'laptop',
  run: async () => {
    const file = await encodeShow();
    const product = await startShowrunner();
    /*
     * A part is complete with its last frame: at a steady rate the server closes it without waiting for another. Which
     * frame that was is told by its bytes, with which the part ends (nothing but video is sent); counted is from when
     * it had passed to the server, so the server's own work on it is counted too.
     */
    const handedOn: { at: number; bytes: number }[] = [];
    const relay = await startTcpRelay(
      { port: product.rtmpPort },
      { capture: CAPTURED_BYTES, onSent: (at, bytes) => handedOn.push({ at, bytes }) },
    );
    const publisher = pushFile(file, `rtmp://127.0.0.1:${relay.port}/live/${product.streamKey}`, { audio: false });
    const clients = fork(CLIENTS, [String(product.httpPort), String(BLOCKED)]);
    try {
      const reader = await (await followLive(product.masterUrl(), { mode: 'plain' })).stop();
      const playlistUrl = new URL(reader.variant.uri, product.masterUrl());
      const playlist = async () => parseMedia((await httpGet(playlistUrl.href)).body.toString());
      await messageWith(clients, 'ready');
      await sleep(8_000);
      const rounds: Round[] = [];
      while (rounds.length < ROUNDS) {
        // A whole segment ahead at least, so that all requests are there and blocked before the part comes.
        const wanted = { msn: nextPosition(await playlist()).msn + 1, part: 2 };
        clients.send({ path: `${playlistUrl.pathname}?_HLS_msn=${wanted.msn}&_HLS_part=${wanted.part}` });
        const [sent, arrivals] = await Promise.all([
          messageWith<number>(clients, 'sent'),
          messageWith<number[]>(clients, 'arrivals'),
        ]);
        const segment = (await playlist()).segments.find(({ sequence }) => sequence === wanted.msn);
        const uri = segment?.parts[wanted.part]?.uri;
        rounds.push({ sent, arrivals, part: uri ? await httpGet(new URL(uri, playlistUrl).href) : undefined });
      }
      const frames = sentFrames(Buffer.concat(relay.sent), handedOn);
      const judged: number[][] = [];
      for (const [index, round] of rounds.entries()) {
        const delays = delaysOf(round, frames);
        if (typeof delays === 'string') say(`round ${index + 1} cannot be judged: ${delays}`);
        else {
          judged.push(delays);
          say(`round ${index + 1}: first ${ms(Math.min(...delays))}, last ${ms(Math.max(...delays))}`);
        }
      }
      const p99 = percentile(judged.flat(), 0.99);
      const p99OfMedian = median(judged.map((delays) => percentile(delays, 0.99)));
      const all = judged.length === ROUNDS;
      return [
        { what: 'rounds that can be judged', ours: `${judged.length}`, goal: `${ROUNDS}`, met: all },
        { what: '2,000 blocked requests, p50', ours: ms(percentile(judged.flat(), 0.5)), goal: '-', met: true },
        { what: '2,000 blocked requests, p99 of the median round', ours: ms(p99OfMedian), goal: '-', met: true },
        { what: '2,000 blocked requests, p99', ours: ms(p99), goal: '<= 25 ms', met: p99 <= 25 },
      ];
    } finally {
      clients.disconnect();
      await publisher.kill();
      await relay.close();
      await product.stop();
    }
  },
};
