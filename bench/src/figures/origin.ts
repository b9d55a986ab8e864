import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followLive, httpGet, parseMaster, parseMedia, startShowrunner } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { startNginxPeer } from '../nginx-peer.ts';
import { median, say, type Figure, type FigureRow } from '../report.ts';
import { requestsPerCpuSecond } from '../requests-per-cpu-second.ts';

const ROUNDS = 3;

/** The newest finished segment right now. It stays for a few target durations, longer than one run of the load. */
async function newestSegment(playlistUrl: string): Promise<string> {
  const playlist = parseMedia((await httpGet(playlistUrl)).body.toString());
  return new URL(playlist.segments.findLast(({ uri }) => uri !== undefined)?.uri ?? '', playlistUrl).href;
}

export const origin: Figure = {
  name: 'origin',
  describes: 'origin requests per CPU-second, 1 KB playlist and 1 MB segment, beside static files of nginx',
  home: 'laptop',
  run: async () => {
    // 2 s at 4 Mbit/s make the megabyte.
    const file = await encodeShow({ kbps: 3_900 });
    const product = await startShowrunner();
    const nginx = await startNginxPeer();
    const publisher = pushFile(file, `${product.rtmpServer}/${product.streamKey}`);
    try {
      const reader = await (await followLive(product.masterUrl(), { mode: 'plain' })).stop();
      await sleep(10_000);
      const variant = parseMaster(reader.master.text).variants[0]?.uri ?? '';
      const playlistUrl = new URL(variant, product.masterUrl()).href;
      writeFileSync(join(nginx.staticFolder, 'playlist.m3u8'), (await httpGet(playlistUrl)).body);
      writeFileSync(join(nginx.staticFolder, 'segment.m4s'), (await httpGet(await newestSegment(playlistUrl))).body);
      const rows: FigureRow[] = [];
      for (const [what, ourUrl, peerFile] of [
        ['playlist', async () => playlistUrl, 'playlist.m3u8'],
        ['segment', () => newestSegment(playlistUrl), 'segment.m4s'],
      ] as const) {
        const [ours, peers]: [number[], number[]] = [[], []];
        for (let round = 0; round < ROUNDS; round += 1) {
          ours.push(await requestsPerCpuSecond(product.pid, await ourUrl()));
          peers.push(await requestsPerCpuSecond(nginx.pid, `${nginx.http}/static/${peerFile}`));
        }
        const [our, peer] = [median(ours), median(peers)];
        const { length } = (await httpGet(`${nginx.http}/static/${peerFile}`)).body;
        say(`${what} of ${length} bytes: ours ${our.toFixed(0)}, nginx ${peer.toFixed(0)} requests per CPU-second`);
        rows.push({
          what: `origin requests per CPU-second, ${what} of ${(length / 1_000).toFixed(1)} kB`,
          ours: our.toFixed(0),
          peer: peer.toFixed(0),
          ratio: our / peer,
          goal: '>= 0.8x',
          met: our / peer >= 0.8,
        });
      }
      return rows;
    } finally {
      await publisher.kill();
      await nginx.stop();
      await product.stop();
    }
  },
};
