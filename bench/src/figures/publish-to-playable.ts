import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  httpGet,
  parseMaster,
  parseMedia,
  startShowrunner,
  startTcpRelay,
  type TcpRelay,
} from '@showrunner/tests/support';
import { encodeShow, pushFile } from '../encoded-show.ts';
import { startNginxPeer } from '../nginx-peer.ts';
import { median, say, type Figure } from '../report.ts';

const ROUNDS = 7;

/** The first whole thing that a player could decode: an independent part or a segment, with its init section. */
async function playable(playlistUrl: string): Promise<boolean> {
  const answer = await httpGet(playlistUrl);
  if (answer.status !== 200) return false;
  const text = answer.body.toString();
  if (text.includes('#EXT-X-STREAM-INF')) {
    const uri = parseMaster(text).variants[0]?.uri;
    return uri !== undefined && playable(new URL(uri, playlistUrl).href);
  }
  const segment = parseMedia(text).segments.find(({ uri, parts }) => uri !== undefined || parts[0]?.independent);
  const media = segment?.parts[0]?.uri ?? segment?.uri;
  if (!segment || media === undefined) return false;
  const wanted = segment.map ? [segment.map.uri, media] : [media];
  const answers = await Promise.all(wanted.map((uri) => httpGet(new URL(uri, playlistUrl).href)));
  return answers.every(({ status, body }) => status === 200 && body.length > 0);
}

/** Unix ms at which the client's publish command passed the relay. */
async function publishedAt(relay: TcpRelay): Promise<number> {
  return eventually(
    'the publish command',
    () => (Buffer.concat(relay.sent).includes('publish') ? performance.now() : undefined),
    { everyMs: 1 },
  );
}

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
