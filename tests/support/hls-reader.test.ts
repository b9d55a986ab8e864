import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { followLive, type ReaderOptions } from './hls-reader.ts';

const FILES: Readonly<Record<string, string>> = {
  '/master.m3u8': `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=100000
playlist.m3u8
`,
  '/playlist.m3u8': `#EXTM3U
#EXT-X-TARGETDURATION:2
#EXTINF:2,
segment.ts
#EXT-X-ENDLIST
`,
  '/segment.ts': 'media',
};

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** Reads a show whose segment breaks off when it is asked for so many times; answers how the reader took it. */
async function readBroken(breaks: number, options: ReaderOptions) {
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/segment.ts' && breaks-- > 0) return incoming.socket.destroy();
    outgoing.setHeader('content-type', 'application/vnd.apple.mpegurl');
    return outgoing.end(FILES[incoming.url ?? '']);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = await followLive(`http://127.0.0.1:${port}/master.m3u8`, {
    mode: 'plain',
    keepMedia: true,
    ...options,
  });
  await reader.ended;
  server.close();
  const { mended, violations, segments } = reader;
  const broken = violations.filter(({ rule }) => rule === 'HTTP').length;
  return { mended, broken, data: segments.map(({ data }) => data?.toString()) };
}

it('takes a connection that breaks for a violation', async () => {
  expect(await readBroken(1, {})).toEqual({ mended: 0, broken: 1, data: [undefined] });
});

it('asks once more where it is told to, and not twice', async () => {
  expect(await readBroken(1, { asksAgain: true })).toEqual({ mended: 1, broken: 0, data: ['media'] });
  expect(await readBroken(2, { asksAgain: true })).toEqual({ mended: 0, broken: 1, data: [undefined] });
});
