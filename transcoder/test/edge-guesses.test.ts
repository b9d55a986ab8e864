import { describe, expect, it } from 'vitest';
import { edgeBefore, soon } from './edge-rig.ts';
import { listening, upstream } from './stand-in-transcoder.ts';

const PLAYLIST = `#EXTM3U
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES
#EXT-X-PART:DURATION=0.2,URI="100.0.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="100.1.m4s"
`;

describe('what no playlist lists', () => {
  /** Ways to think of something else each time. */
  const inventions: [string, (n: number) => string][] = [
    ['segments', (n) => `source/${n}.m4s`],
    ['parts', (n) => `source/100.${n + 2}.m4s`],
    ['maps', (n) => `source/init-${String(n).padStart(12, '0')}.mp4`],
    ['renditions', (n) => `x${n}/playlist.m3u8`],
  ];

  it.each(inventions)('is asked so often and no more, and takes nothing from who is in time: %s', async (_, invent) => {
    const calls: string[] = [];
    const server = await upstream((request, response) => {
      calls.push(request.url!);
      if (request.url!.endsWith('/source/playlist.m3u8')) response.writeHead(200).end(PLAYLIST);
      else if (/\/100\.[01]\.m4s$/.test(request.url!)) response.writeHead(200).end('media');
      else response.writeHead(404).end('nothing');
    });
    const edge = await edgeBefore(listening(server), { limits: { guessesPerStream: 16 } });
    await (await edge.fetch('source/playlist.m3u8')).text();
    const began = performance.now();
    const statuses: number[] = [];
    for (let n = 0; n < 100; n++) statuses.push((await edge.fetch(invent(n))).status);
    const seconds = Math.floor((performance.now() - began) / 1000) + 1;
    expect(new Set(statuses)).toEqual(new Set([404, 503]));
    expect(calls.length).toBeLessThanOrEqual(1 + 16 * seconds);
    for (const part of ['100.0', '100.1']) expect((await edge.fetch(`source/${part}.m4s`)).status).toBe(200);
  });

  it('leaves room while the transcoder says nothing', async () => {
    const server = await upstream((request, response) => {
      if (request.url!.endsWith('/source/playlist.m3u8')) response.writeHead(200).end(PLAYLIST);
      else if (request.url!.endsWith('/100.1.m4s')) response.writeHead(200).end('media');
    });
    const edge = await edgeBefore(listening(server), { limits: { flightsPerStream: 32, guessesPerStream: 16 } });
    await (await edge.fetch('source/playlist.m3u8')).text();
    const leaving = new AbortController();
    const asked = Array.from({ length: 100 }, (_, n) =>
      edge.fetch(`source/7.${n}.m4s`, { signal: leaving.signal }).catch(() => undefined),
    );
    await soon(() => edge.metric('requests_total{outcome="refused"}')).toBeGreaterThanOrEqual(84);
    expect((await edge.fetch('source/100.1.m4s')).status).toBe(200);
    leaving.abort();
    await Promise.all(asked);
  });
});
