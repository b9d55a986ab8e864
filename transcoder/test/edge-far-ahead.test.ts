import { describe, expect, it } from 'vitest';
import { edgeBefore, soon, type EdgeRig } from './edge-rig.ts';
import { listening, upstream } from './stand-in-transcoder.ts';

describe('what is asked far ahead', () => {
  /** Of a show whose newest is part 2 of segment 100; what comes next is answered at `go`, what is further ahead never. */
  async function slowShow() {
    const waiting: (() => void)[] = [];
    const list = (msn: number, part: number) =>
      `#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXT-X-PART:DURATION=0.2,URI="${msn}.${part}.m4s"\n`;
    const server = await upstream((request, response) => {
      const query = new URL(request.url!, 'http://x').searchParams;
      const answer = (part: number) =>
        response.writeHead(200, { 'cache-control': 'public, max-age=12' }).end(list(100, part));
      if (!query.has('_HLS_msn')) return answer(2);
      if (query.get('_HLS_msn') === '100' && query.get('_HLS_part') === '3') waiting.push(() => answer(3));
    });
    const edge = await edgeBefore(listening(server));
    for (const rendition of ['source', '720p']) await (await edge.fetch(`${rendition}/playlist.m3u8`)).text();
    return { edge, go: () => waiting.splice(0).forEach((answer) => answer()), waiting };
  }
  const leaving = new AbortController();
  const ask = async (edge: EdgeRig, path: string) => {
    const response = await edge.fetch(path, { signal: leaving.signal });
    await response.text();
    return response.status;
  };

  it('holds up nobody who asks for what comes next', async () => {
    const { edge, go, waiting } = await slowShow();
    const statuses: number[] = [];
    for (const rendition of ['source', '720p', '480p', '360p']) {
      for (const skip of ['', '&_HLS_skip=YES']) {
        for (let part = 0; part < 40; part++) {
          const path = `${rendition}/playlist.m3u8?_HLS_msn=102&_HLS_part=${part}${skip}`;
          void ask(edge, path).then(
            (status) => statuses.push(status),
            () => undefined,
          );
        }
      }
    }
    await soon(() => statuses.length).toBe(4 * 2 * 40 - 32);
    expect(new Set(statuses)).toEqual(new Set([503]));
    const next = ['source', '720p'].map((rendition) =>
      ask(edge, `${rendition}/playlist.m3u8?_HLS_msn=100&_HLS_part=3`),
    );
    await soon(() => waiting.length).toBe(2);
    go();
    expect(await Promise.all(next)).toEqual([200, 200]);
    leaving.abort();
  });

  it('makes room for what is nearer, and then for nobody else', async () => {
    const { edge } = await slowShow();
    const leave = new AbortController();
    const far = Array.from({ length: 32 }, (_, part) =>
      edge
        .fetch(`source/playlist.m3u8?_HLS_msn=102&_HLS_part=${part}`, { signal: leave.signal })
        .then(({ status }) => [part, status])
        .catch(() => [part, 'waits']),
    );
    await soon(() => edge.metric('waiting_requests')).toBe(32);
    const near = edge.fetch('source/playlist.m3u8?_HLS_msn=100&_HLS_part=5', { signal: leave.signal });
    expect(await far[31]).toEqual([31, 503]);
    expect((await edge.fetch('source/playlist.m3u8?_HLS_msn=102')).status).toBe(503);
    leave.abort();
    await near.catch(() => undefined);
    expect((await Promise.all(far)).slice(0, 31).map(([, outcome]) => outcome)).toEqual(Array(31).fill('waits'));
    await soon(() => edge.metric('waiting_requests')).toBe(0);
  });
});
