import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { httpGet, nextPosition, parseMedia, startMediaPlane, startShowrunner } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { messageWith } from '../message-with.ts';
import { median, percentile, type Figure, type FigureRow } from '../report.ts';
import { requestsPerCpuSecond } from '../requests-per-cpu-second.ts';

const VIEWERS = 200;
const ROUNDS = 40;
const CPU_ROUNDS = 3;
const CLIENTS = fileURLToPath(new URL('../blocked-clients.ts', import.meta.url));
const PLAYLIST = '/hls/default/live/source/playlist.m3u8';

async function blockedClients(port: number, count: number): Promise<ChildProcess> {
  const clients = fork(CLIENTS, [String(port), String(count)]);
  await messageWith(clients, 'ready');
  return clients;
}

async function metric(opsPort: number, name: string): Promise<number> {
  const { body } = await httpGet(`http://127.0.0.1:${opsPort}/metrics`);
  const lines = body.toString().split('\n');
  return lines
    .filter((line) => line.startsWith(name))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

export const edge: Figure = {
  name: 'edge',
  describes: 'delay that an edge adds for 200 viewers, what it asks the transcoder, and its processor time',
  home: 'laptop',
  run: async () => {
    const file = await encodeShow();
    const product = await startShowrunner();
    const plane = await startMediaPlane(product);
    const publisher = pushFile(file, `${product.rtmpServer}/${product.streamKey}`);
    const { transcoder } = plane;
    const [first] = plane.edges;
    if (!first) throw new Error('There is no edge');
    const children: ChildProcess[] = [];
    try {
      const url = (port: number, file = 'playlist.m3u8') =>
        `http://127.0.0.1:${port}${new URL(file, `http://x${PLAYLIST}`).pathname}`;
      const playlist = async () => parseMedia((await httpGet(url(transcoder.httpPort))).body.toString());
      await sleep(10_000);
      const reference = await blockedClients(transcoder.httpPort, 1);
      const atEdge = await blockedClients(first.httpPort, VIEWERS);
      const atOrigin = await blockedClients(transcoder.httpPort, VIEWERS);
      children.push(reference, atEdge, atOrigin);

      const upstream = () => metric(first.opsPort, 'showrunner_edge_upstream_requests_total');
      const requests = () => metric(first.opsPort, 'showrunner_edge_requests_total');
      const [upstreamBefore, requestsBefore] = [await upstream(), await requests()];
      /** Of each round, how much later than the one that was answered first. */
      const later = { edge: [] as number[][], origin: [] as number[][] };
      for (let round = 0; round < 2 * ROUNDS; round += 1) {
        const [who, clients] = round % 2 === 0 ? (['edge', atEdge] as const) : (['origin', atOrigin] as const);
        const { msn } = nextPosition(await playlist());
        const path = `${PLAYLIST}?_HLS_msn=${msn + 1}&_HLS_part=2`;
        // The one that the others are compared with asks first, and so is answered first.
        reference.send({ path });
        await messageWith(reference, 'sent');
        clients.send({ path });
        const [[released = NaN], arrivals] = await Promise.all([
          messageWith<number[]>(reference, 'arrivals'),
          messageWith<number[]>(clients, 'arrivals'),
        ]);
        later[who].push(arrivals.map((at) => at - released));
      }
      const coalesced = 1 - ((await upstream()) - upstreamBefore) / ((await requests()) - requestsBefore);
      const all = (share: number) => ({
        edge: percentile(later.edge.flat(), share),
        origin: percentile(later.origin.flat(), share),
      });
      const p99 = all(0.99);
      const p99OfRound = (rounds: number[][]) => median(rounds.map((delays) => percentile(delays, 0.99)));
      const [p50, usual] = [all(0.5), { edge: p99OfRound(later.edge), origin: p99OfRound(later.origin) }];
      const rows: FigureRow[] = [
        {
          what: `${VIEWERS} viewers of one part, p50 behind the transcoder's first answer`,
          ours: ms(p50.edge),
          peer: ms(p50.origin),
          goal: '-',
          met: true,
        },
        {
          what: 'the same, p99 of the median round',
          ours: ms(usual.edge),
          peer: ms(usual.origin),
          goal: '-',
          met: true,
        },
        {
          what: 'the same, p99',
          ours: ms(p99.edge),
          peer: ms(p99.origin),
          goal: '<= 10 ms more',
          met: p99.edge - p99.origin <= 10,
        },
        {
          what: 'requests that were not passed on',
          ours: `${(100 * coalesced).toFixed(2)} %`,
          goal: '>= 99 %',
          met: coalesced >= 0.99,
        },
      ];
      for (const [what, of] of [
        ['playlist', async () => 'playlist.m3u8'],
        ['part', async () => (await playlist()).segments.at(-2)?.parts[0]?.uri ?? ''],
      ] as const) {
        const [ours, origin]: [number[], number[]] = [[], []];
        for (let round = 0; round < CPU_ROUNDS; round += 1) {
          ours.push(await requestsPerCpuSecond(first.pid, url(first.httpPort, await of())));
          origin.push(await requestsPerCpuSecond(transcoder.pid, url(transcoder.httpPort, await of())));
        }
        const perThousand = (rate: number) => `${((1000 * 1000) / rate).toFixed(1)} ms`;
        const ratio = median(origin) / median(ours);
        rows.push({
          what: `processor time of 1,000 requests for a ${what}`,
          ours: perThousand(median(ours)),
          peer: perThousand(median(origin)),
          ratio,
          goal: '-',
          met: true,
        });
      }
      return rows;
    } finally {
      for (const child of children) child.disconnect();
      await publisher.kill();
      await plane.close();
      await product.stop();
    }
  },
};
