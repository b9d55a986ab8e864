import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore } from './edge-rig.ts';
import type { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';
import { showOnAir } from './show-on-air.ts';

let live: LiveRig;
beforeEach(async () => {
  live = await showOnAir();
});

describe('an edge answers as the transcoder does', () => {
  it.each([
    ['a playlist', 'source/playlist.m3u8', {}],
    ['the multivariant playlist', 'master.m3u8', {}],
    ['a segment', 'SEGMENT', {}],
    ['an initialization segment', 'MAP', {}],
    ['a range of a segment', 'SEGMENT', { headers: { range: 'bytes=10-99' } }],
    ['a range that is not there', 'SEGMENT', { headers: { range: 'bytes=99999999-' } }],
    ['a HEAD', 'SEGMENT', { method: 'HEAD' }],
    ['a preflight', 'SEGMENT', { method: 'OPTIONS' }],
    ['another method', 'SEGMENT', { method: 'DELETE' }],
    ['what is gone', 'source/1.m4s', {}],
    ['a rendition that is none', '720p/playlist.m3u8', {}],
    ['a name that is none', 'source/playlist.txt', {}],
    ['a bad query', 'source/playlist.m3u8?_HLS_part=1', {}],
  ] satisfies [string, string, RequestInit][])('%s', async (_what, path, init) => {
    const edge = await edgeBefore(live.port);
    const { segments } = readPlaylist(await live.text('source/playlist.m3u8'));
    const file = path.replace('SEGMENT', `source/${segments[0]!.uri}`).replace('MAP', `source/${segments[0]!.map}`);
    const read = async (response: Response) => ({
      status: response.status,
      fields: Object.fromEntries(
        [...response.headers].filter(([name]) => !/^(date|connection|keep-alive)$/.test(name)),
      ),
      body: Buffer.from(await response.arrayBuffer()).toString('latin1'),
    });
    const [ours, theirs] = [await read(await edge.fetch(file, init)), await read(await live.fetch(file, init))];
    expect(ours).toEqual(theirs);
    expect(await read(await edge.fetch(file, init))).toEqual(theirs);
  });

  it('compressed for who accepts it, and to each as they asked', async () => {
    const edge = await edgeBefore(live.port);
    const raw = (encoding?: string) =>
      new Promise<{ encoding: string | undefined; body: Buffer }>((resolve) => {
        const socket = connect(edge.port, '127.0.0.1');
        const fields = encoding ? `Accept-Encoding: ${encoding}\r\n` : '';
        socket.write(`GET ${new URL(edge.url('source/playlist.m3u8')).pathname} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
        socket.once('data', (bytes) => {
          const end = bytes.indexOf('\r\n\r\n');
          const head = bytes.toString('latin1', 0, end);
          socket.destroy();
          resolve({ encoding: /Content-Encoding: (\S+)/.exec(head)?.[1], body: bytes.subarray(end + 4) });
        });
      });
    const [plain, packed, again] = [await raw(), await raw('br, gzip'), await raw()];
    expect([plain.encoding, packed.encoding, again.encoding]).toEqual([undefined, 'gzip', undefined]);
    expect(gunzipSync(packed.body).toString()).toBe(plain.body.toString());
    expect(again.body.equals(plain.body)).toBe(true);
  });
});
