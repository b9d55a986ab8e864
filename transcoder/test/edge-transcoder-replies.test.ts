import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { edgeBefore, soon } from './edge-rig.ts';
import { listening, upstream } from './stand-in-transcoder.ts';

describe('what is said by a transcoder', () => {
  it('is passed on only where it is an answer', async () => {
    const server = await upstream((_request, response) => {
      response.socket!.end('SSH-2.0-OpenSSH_9.2\r\n');
    });
    const edge = await edgeBefore(listening(server));
    const response = await edge.fetch('source/playlist.m3u8');
    expect([response.status, await response.text()]).toEqual([
      502,
      'The transcoder of default/live sent what cannot be passed on.\n',
    ]);
  });

  it('is no redirect, and no error of its own', async () => {
    const server = await upstream((_request, response) =>
      response.writeHead(302, { location: 'https://example.com/' }).end(),
    );
    const edge = await edgeBefore(listening(server));
    const response = await edge.fetch('source/playlist.m3u8', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([502, null]);
  });

  it('is as large as what was asked for may be, told or not', async () => {
    const server = await upstream((_request, response) => response.writeHead(200).end(Buffer.alloc(1024 * 1024 + 1)));
    const untold = await upstream((_request, response) => {
      response.write(Buffer.alloc(1024 * 1024));
      response.end('x');
    });
    for (const one of [server, untold]) {
      const edge = await edgeBefore(listening(one));
      expect((await edge.fetch('source/playlist.m3u8')).status).toBe(502);
      const media = await edge.fetch('source/1.m4s');
      expect([media.status, (await media.arrayBuffer()).byteLength]).toEqual([200, 1024 * 1024 + 1]);
    }
  });

  it('takes no more memory together than it may, and none that it only announces', async () => {
    const server = await upstream((request, response) => {
      const isGreedy = request.url!.includes('/greedy/');
      response.writeHead(200, { 'content-length': isGreedy ? 60_000_000 : 30_000 });
      // The one announces much, sends some and never ends; the other is as any.
      if (isGreedy) response.write(Buffer.alloc(request.url!.includes('1.m4s') ? 60_000 : 10));
      else response.end(Buffer.alloc(30_000));
    });
    const edge = await edgeBefore(listening(server), { limits: { inFlightBytes: 100_000 } });
    const at = (stream: string, file: string) =>
      fetch(edge.url(`source/${file}`).replace('/live/', `/${stream}/`), { signal: leaving.signal });
    const leaving = new AbortController();
    const held = [2, 3, 4].map((msn) => at('greedy', `${msn}.m4s`).catch(() => undefined));
    await soon(() => edge.metric('waiting_requests')).toBe(3);
    expect((await (await at('modest', '1.m4s')).arrayBuffer()).byteLength).toBe(30_000);
    // What others need is taken from the stream that has most.
    const greedy = at('greedy', '1.m4s');
    await sleep(200);
    const modest = await Promise.all(['one', 'two', 'three'].map((stream) => at(stream, '1.m4s')));
    expect(modest.map(({ status }) => status)).toEqual([200, 200, 200]);
    const refused = await greedy;
    expect([refused.status, refused.headers.get('retry-after'), await refused.text()]).toEqual([
      503,
      '1',
      'Too many bytes are on their way from transcoders: ask again.\n',
    ]);
    expect(await edge.metric('upstream_failures_total{problem="overloaded"}')).toBeGreaterThanOrEqual(1);
    leaving.abort();
    await Promise.all(held);
  });

  it('comes in time, or is not waited for', async () => {
    const server = await upstream((request, response) => {
      if (request.url!.endsWith('2.m4s')) return;
      response.writeHead(200, { 'content-length': 1_000 });
      const trickle = setInterval(() => response.write('x'), 20);
      response.once('close', () => clearInterval(trickle));
    });
    const edge = await edgeBefore(listening(server), { limits: { answerMs: 300, bodyMs: 300 } });
    const began = performance.now();
    const answers = await Promise.all([1, 2].map((msn) => edge.fetch(`source/${msn}.m4s`)));
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(performance.now() - began).toBeLessThan(5_000);
    // The transcoder is there all the same.
    expect(await edge.metric('held_requests')).toBe(0);
  });

  it('may be held back for as long as a transcoder does that', async () => {
    let asked = 0;
    const server = await upstream((_request, response) => {
      asked += 1;
      setTimeout(() => response.writeHead(200, { 'cache-control': 'public, max-age=12' }).end('at last'), 1_500);
    });
    const edge = await edgeBefore(listening(server), { limits: { answerMs: 200, holdMs: 200 } });
    const reload = edge.fetch('source/playlist.m3u8?_HLS_msn=7');
    const [answer, part] = await Promise.all([reload, edge.fetch('source/7.0.m4s')]);
    expect([answer.status, await answer.text(), part.status]).toEqual([200, 'at last', 200]);
    expect(asked).toBe(2);
  });

  it('does not make media wait behind what is held back', async () => {
    const server = await upstream((request, response) => {
      if (/playlist/.test(request.url!)) return;
      response.writeHead(200, { 'cache-control': 'no-store' }).end('media');
    });
    const edge = await edgeBefore(listening(server), { limits: { guessesPerStream: 200 } });
    const leaving = new AbortController();
    for (let rendition = 0; rendition < 100; rendition++) {
      void edge.fetch(`r${rendition}/playlist.m3u8`, { signal: leaving.signal }).catch(() => undefined);
    }
    await soon(() => edge.metric('waiting_requests')).toBe(100);
    const began = performance.now();
    expect(await (await edge.fetch('source/1.m4s')).text()).toBe('media');
    expect(performance.now() - began).toBeLessThan(500);
    leaving.abort();
  });
});
