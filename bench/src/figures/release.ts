import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  followLive,
  httpGet,
  nextPosition,
  parseMedia,
  startShowrunner,
  startTcpRelay,
} from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { median, percentile, say, type Figure } from '../report.ts';

const BLOCKED = 2_000;
const ROUNDS = 30;
const CLIENTS = fileURLToPath(new URL('../blocked-clients.ts', import.meta.url));

async function messageWith<T>(child: ChildProcess, name: string): Promise<T> {
  for (;;) {
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Record<string, T>];
    const value = message[name];
    if (value !== undefined) return value;
  }
}

export const release: Figure = {
  name: 'release',
  describes: '2,000 blocked playlist requests released by one part',
  run: async () => {
    const file = await encodeShow();
    const product = await startShowrunner();
    /*
     * When a part exists is read off the wire: it is complete with the frame that follows it, and nothing but video is
     * sent, so the last bytes that passed to the server before the first answer are that frame. This counts the
     * server's own work on the frame too.
     */
    const passed: number[] = [];
    const relay = await startTcpRelay({ port: product.rtmpPort }, { onSent: (at) => passed.push(at) });
    const publisher = pushFile(file, `rtmp://127.0.0.1:${relay.port}/live/${product.streamKey}`, { audio: false });
    const clients = fork(CLIENTS, [String(product.httpPort), String(BLOCKED)]);
    try {
      const reader = await (await followLive(product.masterUrl(), { mode: 'plain' })).stop();
      const playlistUrl = new URL(reader.variant.uri, product.masterUrl());
      await messageWith(clients, 'ready');
      await sleep(8_000);
      const delays: number[] = [];
      const p99s: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const next = nextPosition(parseMedia((await httpGet(playlistUrl.href)).body.toString()));
        // A whole segment ahead at least, so that all requests are there and blocked before the part comes.
        clients.send({ path: `${playlistUrl.pathname}?_HLS_msn=${next.msn + 1}&_HLS_part=2` });
        const all = messageWith<number[]>(clients, 'arrivals');
        await messageWith(clients, 'sent');
        passed.length = 0;
        const arrivals = await all;
        const first = Math.min(...arrivals);
        const existed = passed.findLast((at) => at <= first);
        if (existed === undefined) continue;
        const ofRound = arrivals.map((at) => at - existed);
        delays.push(...ofRound);
        p99s.push(percentile(ofRound, 0.99));
        say(
          `round ${round + 1}: first ${(first - existed).toFixed(1)} ms, last ${(Math.max(...arrivals) - existed).toFixed(1)} ms`,
        );
      }
      const p99 = percentile(delays, 0.99);
      return [
        { what: '2,000 blocked requests, p50', ours: `${percentile(delays, 0.5).toFixed(1)} ms`, goal: '-', met: true },
        {
          what: '2,000 blocked requests, p99 of the median round',
          ours: `${median(p99s).toFixed(1)} ms`,
          goal: '-',
          met: true,
        },
        { what: '2,000 blocked requests, p99', ours: `${p99.toFixed(1)} ms`, goal: '<= 25 ms', met: p99 <= 25 },
      ];
    } finally {
      clients.disconnect();
      await publisher.kill();
      await relay.close();
      await product.stop();
    }
  },
};
