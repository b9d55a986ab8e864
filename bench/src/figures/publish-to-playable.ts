import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, startShowrunner, startTcpRelay } from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { startNginxPeer } from '../nginx-peer.ts';
import { playable, publishedAt } from '../playable.ts';
import { median, say, type Figure } from '../report.ts';

const ROUNDS = 7;

async function once(file: string, server: string, name: string, playlistUrl: string): Promise<number> {
  const { port, pathname } = new URL(server);
  const relay = await startTcpRelay({ port: Number(port) }, { capture: 16_384 });
  const publisher = pushFile(file, `rtmp://127.0.0.1:${relay.port}${pathname}/${name}`);
  try {
    const from = await publishedAt(relay);
    await eventually('playable media', () => playable(playlistUrl), { everyMs: 2, timeoutMs: 30_000 });
    return performance.now() - from;
  } finally {
    await publisher.kill();
    await relay.close();
  }
}

export const publishToPlayable: Figure = {
  name: 'publish-to-playable',
  describes: 'from the publish command to the first media that can be played over HTTP, beside nginx-rtmp',
  home: 'laptop',
  run: async () => {
    const file = await encodeShow();
    const product = await startShowrunner();
    const nginx = await startNginxPeer();
    try {
      const names = Array.from({ length: ROUNDS }, (_, index) => `quick-${index}`);
      const keys = await product.applyAll(names, {});
      const [ours, peers]: [number[], number[]] = [[], []];
      for (const [index, name] of names.entries()) {
        ours.push(await once(file, product.rtmpServer, keys[index] ?? '', product.masterUrl(name)));
        peers.push(await once(file, nginx.rtmpServer, name, nginx.playlistUrl(name)));
        say(`round ${index + 1}: ours ${ours.at(-1)?.toFixed(0)} ms, nginx-rtmp ${peers.at(-1)?.toFixed(0)} ms`);
        await sleep(300);
      }
      const [our, peer] = [median(ours), median(peers)];
      return [
        {
          what: 'publish to playable, median',
          ours: `${our.toFixed(0)} ms`,
          peer: `${peer.toFixed(0)} ms`,
          ratio: our / peer,
          goal: '<= 250 ms',
          met: our <= 250,
        },
      ];
    } finally {
      await nginx.stop();
      await product.stop();
    }
  },
};
