import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EdgeLimits } from '../src/edge/edge.ts';
import { EdgeRig } from './edge-rig.ts';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';

const clip = makeClip({ seconds: 20, size: '160x90' });
const until = (ms: number) => clip.filter(({ timestamp }) => timestamp < ms);
const between = (from: number, to: number) => clip.filter(({ timestamp }) => timestamp >= from && timestamp < to);

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Many workers may share the machine. */
const soon = (read: () => unknown) => expect.poll(read, { timeout: 15_000 });

let live: LiveRig;
beforeEach(async () => {
  live = await new LiveRig().start();
  closers.push(() => live.close());
  live.sink.publisherStarted();
  live.push(until(4_700));
});

async function edgeBefore(
  port: ConstructorParameters<typeof EdgeRig>[0],
  options?: ConstructorParameters<typeof EdgeRig>[1],
) {
  const edge = await new EdgeRig(port, options).start();
  closers.push(() => edge.close());
  return edge;
}
const edgeBeforeLive = (options?: ConstructorParameters<typeof EdgeRig>[1]) => edgeBefore(portOf(live), options);
const portOf = (rig: LiveRig) => Number(new URL(rig.url('')).port);

/** The query for the part after the newest one. */
async function nextPart(): Promise<string> {
  const { segments, openParts } = readPlaylist(await live.text('source/playlist.m3u8'));
  return `_HLS_msn=${segments.at(-1)!.msn + 1}&_HLS_part=${openParts.length}`;
}

/** A server in a transcoder's place. */
async function upstream(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  port = 0,
): Promise<Server> {
  const server = createServer(answer);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return server;
}
const listening = (server: Server) => (server.address() as AddressInfo).port;

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
    const edge = await edgeBeforeLive();
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
    const edge = await edgeBeforeLive();
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

describe('requests for the same', () => {
  it('are one request to the transcoder, also where it holds the answer back', async () => {
    const edge = await edgeBeforeLive();
    const query = await nextPart();
    const [msn, part] = query.split('&');
    const before = await edge.metric('upstream_requests_total');
    const asked = Array.from({ length: 200 }, (_, viewer) => {
      // Whatever order, and whatever else a player or a link puts there.
      const mixed = viewer % 2 ? `${part}&${msn}&token=${viewer}` : `${msn}&${part}`;
      return edge.fetch(`source/playlist.m3u8?${mixed}`).then((response) => response.text());
    });
    await soon(() => edge.metric('waiting_requests')).toBe(200);
    live.push(between(4_700, 4_900));
    const bodies = await Promise.all(asked);
    expect(new Set(bodies).size).toBe(1);
    expect(await edge.metric('upstream_requests_total')).toBe(before + 1);
    expect(await edge.metric('requests_total{outcome="coalesced"}')).toBe(199);
    // And for who comes later.
    expect(await (await edge.fetch(`source/playlist.m3u8?${query}`)).text()).toBe(bodies[0]);
  });

  it('are one, compressed or not', async () => {
    const edge = await edgeBeforeLive();
    const query = await nextPart();
    const asked = ['gzip', 'identity'].map((encoding) =>
      edge.fetch(`source/playlist.m3u8?${query}`, { headers: { 'accept-encoding': encoding } }),
    );
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    live.push(between(4_700, 4_900));
    const answers = await Promise.all(asked);
    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual(['gzip', null]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(bodies[0]).toBe(bodies[1]);
    expect(await edge.metric('upstream_requests_total')).toBe(1);
  });

  it('are one, however what is listed is asked for', async () => {
    const edge = await edgeBeforeLive();
    const newest = await (await edge.fetch('source/playlist.m3u8')).text();
    for (let msn = 0; msn < 50; msn++) {
      const answer = await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=${msn * 7}`);
      expect([await answer.text(), answer.headers.get('cache-control')]).toEqual([newest, 'public, max-age=1']);
    }
    // Once more where the time of the first was over meanwhile.
    expect(await edge.metric('upstream_requests_total')).toBeLessThanOrEqual(2 + 5);
    expect(await edge.metric('cache_entries')).toBe(1);
  });

  it('are one, however a show without blocking reload is asked', async () => {
    const plain = await new LiveRig({ latency: 'standard' }).start();
    closers.push(() => plain.close());
    plain.sink.publisherStarted();
    plain.push(until(4_700));
    const edge = await edgeBefore(portOf(plain));
    await (await edge.fetch('source/playlist.m3u8')).text();
    for (let part = 0; part < 20; part++) {
      await (await edge.fetch(`source/playlist.m3u8?_HLS_msn=999999999999&_HLS_part=${part}`)).text();
    }
    expect(await edge.metric('upstream_requests_total')).toBeLessThanOrEqual(5);
    expect(await edge.metric('cache_entries')).toBe(1);
  });

  it('are answered with what is newest, whoever waited for that', async () => {
    const edge = await edgeBeforeLive();
    const early = await (await edge.fetch('source/playlist.m3u8')).text();
    const awaited = edge.fetch(`source/playlist.m3u8?${await nextPart()}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    live.push(between(4_700, 4_900));
    const newest = await (await awaited).text();
    expect(newest).not.toBe(early);
    expect(await (await edge.fetch('source/playlist.m3u8')).text()).toBe(newest);
  });

  it('do not bring the end of a show into the next', async () => {
    const edge = await edgeBeforeLive();
    live.sink.publisherStopped('closed');
    live.sink.showEnded('grace-over');
    // The first number of a show is that of its half second.
    const first = Math.floor((live.nowMs + 8_000) / 500);
    for (const msn of [first - 1, first, first + 1]) {
      const ended = await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=3`);
      expect(await ended.text()).toContain('ENDLIST');
    }
    live.nowMs += 8_000;
    live.sink.publisherStarted();
    live.push(until(1_500));
    const fresh = await live.text('source/playlist.m3u8');
    const { segments, openParts } = readPlaylist(fresh);
    const msn = segments.at(-1)?.msn ?? Number(/MEDIA-SEQUENCE:(\d+)/.exec(fresh)![1]);
    expect([first - 1, first, first + 1]).toContain(msn);
    expect(openParts.length).toBeGreaterThan(3);
    const read = async () => (await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=3`)).text();
    await soon(read).not.toContain('ENDLIST');
  });

  it('share what went wrong only with who waited', async () => {
    let asked = 0;
    const server = await upstream((_request, response) => {
      asked += 1;
      setTimeout(() => response.writeHead(404, { 'cache-control': 'no-store' }).end('no'), 100);
    });
    const edge = await edgeBefore(listening(server));
    const answers = await Promise.all(Array.from({ length: 5 }, () => edge.fetch('source/1.m4s')));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(asked).toBe(1);
    await edge.fetch('source/1.m4s');
    expect(asked).toBe(2);
  });

  it('are kept for as long as the transcoder says, with their date and age', async () => {
    const edge = await edgeBeforeLive();
    const playlist = () => edge.fetch('source/playlist.m3u8');
    const [first, second] = [await playlist(), await playlist()];
    expect(await edge.metric('upstream_requests_total')).toBe(1);
    expect(second.headers.get('date')).toBe(first.headers.get('date'));
    await sleep(1_050);
    await playlist();
    expect(await edge.metric('upstream_requests_total')).toBe(2);
    const { segments } = readPlaylist(await live.text('source/playlist.m3u8'));
    const segment = () => edge.fetch(`source/${segments[0]!.uri}`);
    const fresh = await segment();
    await sleep(1_050);
    const aged = await segment();
    expect([fresh.headers.get('age'), aged.headers.get('age')]).toEqual([null, '1']);
    expect(aged.headers.get('date')).toBe(fresh.headers.get('date'));
    expect(await edge.metric('upstream_requests_total')).toBe(3);
  });

  it('stay within the memory that they may take', async () => {
    const body = Buffer.alloc(100_000);
    const server = await upstream((_request, response) =>
      response.writeHead(200, { 'cache-control': 'public, max-age=3600, immutable' }).end(body),
    );
    const edge = await edgeBefore(listening(server), { cacheBytes: 1_000_000 });
    for (let msn = 0; msn < 30; msn++) await (await edge.fetch(`source/${msn}.m4s`)).arrayBuffer();
    expect(await edge.metric('cache_bytes')).toBeLessThanOrEqual(1_000_000);
    expect(await edge.metric('cache_entries')).toBe(9);
  });
});

describe('viewers who go away', () => {
  it('do not take the answer with them while somebody else waits', async () => {
    const edge = await edgeBeforeLive();
    const query = await nextPart();
    const leaving = new AbortController();
    const left = edge.fetch(`source/playlist.m3u8?${query}`, { signal: leaving.signal }).catch(() => 'left');
    const staying = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    leaving.abort();
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    live.push(between(4_700, 4_900));
    expect((await staying).status).toBe(200);
    expect(await left).toBe('left');
    expect(await edge.metric('upstream_requests_total')).toBe(1);
  });

  it('take the question back where they were the last', async () => {
    let gone = false;
    const server = await upstream((_request, response) => response.once('close', () => (gone = true)));
    const edge = await edgeBefore(listening(server));
    const leaving = new AbortController();
    const asked = [0, 1].map(() => edge.fetch('source/1.0.m4s', { signal: leaving.signal }).catch(() => undefined));
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    leaving.abort();
    await Promise.all(asked);
    await soon(() => gone).toBe(true);
    expect(await edge.metric('waiting_requests')).toBe(0);
  });
});

describe('a transcoder that is away', () => {
  it('is waited for, and then asked once for each thing', async () => {
    const port = portOf(live);
    const edge = await edgeBefore(port);
    await live.vanish();
    const asked = Array.from({ length: 50 }, () => edge.fetch('source/playlist.m3u8'));
    const other = edge.fetch('master.m3u8');
    await soon(() => edge.metric('held_requests')).toBeGreaterThan(0);
    await sleep(700);
    let requests = 0;
    await upstream((_request, response) => {
      requests += 1;
      response.writeHead(200, { 'cache-control': 'public, max-age=1' }).end('back');
    }, port);
    const bodies = await Promise.all([...asked, other].map(async (one) => (await one).text()));
    expect(new Set(bodies)).toEqual(new Set(['back']));
    expect(requests).toBe(2);
  });

  it('is given up after a while, in words', async () => {
    const port = portOf(live);
    const edge = await edgeBefore(port, { limits: { holdMs: 500 } });
    await live.vanish();
    const began = performance.now();
    const response = await edge.fetch('source/playlist.m3u8');
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect([response.status, response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual([
      503,
      '1',
      'no-store',
    ]);
    expect(await response.text()).toBe('The transcoder of default/live cannot be reached at the moment: ask again.\n');
  });

  it('may go in the middle of what it was asked, or of what it answered', async () => {
    const port = portOf(live);
    const edge = await edgeBefore(port);
    const query = await nextPart();
    const blocked = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    await live.vanish();
    let times = 0;
    await upstream((_request, response) => {
      times += 1;
      response.writeHead(200, { 'content-length': 4 }).write('ba');
      if (times === 1) setTimeout(() => response.destroy(), 50);
      else response.end('ck');
    }, port);
    expect(await (await blocked).text()).toBe('back');
    expect(times).toBe(2);
  });

  it('is not asked for who has gone meanwhile', async () => {
    const port = portOf(live);
    const edge = await edgeBefore(port);
    await live.vanish();
    const leaving = new AbortController();
    const asked = edge.fetch('source/playlist.m3u8', { signal: leaving.signal }).catch(() => undefined);
    await soon(() => edge.metric('held_requests')).toBe(1);
    leaving.abort();
    await asked;
    await soon(() => edge.metric('held_requests')).toBe(0);
    let requests = 0;
    await upstream((_request, response) => {
      requests += 1;
      response.end();
    }, port);
    await sleep(500);
    expect(requests).toBe(0);
  });

  it('takes only so many with it', async () => {
    const port = portOf(live);
    const limits = { flightsPerStream: 3, waitersPerStream: 5, waiters: 6 };
    const edge = await edgeBefore(port, { limits });
    await live.vanish();
    const leaving = new AbortController();
    const ask = (path: string) => edge.fetch(path, { signal: leaving.signal });
    const status = async (path: string) => (await ask(path)).status;
    for (const msn of [1, 2, 3]) void ask(`source/${msn}.m4s`).catch(() => undefined);
    await soon(() => edge.metric('waiting_requests')).toBe(3);
    // A fourth thing, then more viewers than may wait.
    expect(await status('source/4.m4s')).toBe(503);
    for (const msn of [1, 2]) void ask(`source/${msn}.m4s`).catch(() => undefined);
    await soon(() => edge.metric('waiting_requests')).toBe(5);
    expect(await status('source/3.m4s')).toBe(503);
    leaving.abort();
    await soon(() => edge.metric('waiting_requests')).toBe(0);
    expect(await edge.metric('requests_total{outcome="refused"}')).toBe(2);
  });
});

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
    const edge = await edgeBefore(listening(server));
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

describe('streams that are not there', () => {
  // A name that no name server knows (RFC 6761).
  const nowhere = () => `${Math.random().toString(36).slice(2)}.invalid.`;

  it('are told soon, and not looked for again at once', async () => {
    const edge = await edgeBefore(nowhere);
    const began = performance.now();
    const answers = await Promise.all([1, 2, 3].map((msn) => edge.fetch(`source/${msn}.m4s`)));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await answers[0]!.text()).toBe('There is no stream named default/live.\n');
    const looked = await edge.metric('upstream_requests_total');
    expect((await edge.fetch('master.m3u8')).status).toBe(404);
    expect(await edge.metric('upstream_requests_total')).toBe(looked);
    await sleep(1_050);
    expect((await edge.fetch('master.m3u8')).status).toBe(404);
    expect(await edge.metric('upstream_requests_total')).toBe(looked + 1);
    expect(await edge.metric('streams')).toBe(0);
  });
});

describe('streams that are looked for', () => {
  const at = (edge: EdgeRig, stream: string) => fetch(edge.url('source/1.m4s').replace('/live/', `/${stream}/`));
  /** `there` has a transcoder, all others have none that takes a connection. */
  async function edgeOf(limits: Partial<EdgeLimits>) {
    const there = listening(await upstream((_request, response) => response.writeHead(200).end('media')));
    const gone = await upstream(() => undefined);
    const nowhere = listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    return edgeBefore(({ name }) => (name.startsWith('there') ? there : nowhere), { limits });
  }

  it('make room where they are not found, the longest first', async () => {
    const edge = await edgeOf({ unknownStreams: 2 });
    const away = ['one', 'two'].map((stream) => at(edge, stream));
    await soon(() => edge.metric('streams')).toBe(2);
    await sleep(1_050);
    expect((await at(edge, 'there')).status).toBe(200);
    const first = await away[0]!;
    expect([first.status, await first.text()]).toEqual([
      503,
      'The transcoder of default/one cannot be reached at the moment: ask again.\n',
    ]);
    // Those that are there take none of these places.
    const third = at(edge, 'three');
    await soon(() => edge.metric('streams')).toBe(3);
    expect((await at(edge, 'there')).status).toBe(200);
    edge.server.closeAllConnections();
    await Promise.allSettled([...away, third]);
    await soon(() => edge.metric('streams')).toBe(1);
  });

  it('leave nothing behind where there was no room', async () => {
    const edge = await edgeOf({ waiters: 1 });
    const waiting = at(edge, 'away');
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => (await at(edge, `other-${n}`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(await edge.metric('streams')).toBe(1);
    edge.server.closeAllConnections();
    await Promise.allSettled([waiting]);
  });

  it('are no more than can be remembered', async () => {
    const edge = await edgeOf({ streams: 1 });
    const statuses: number[] = [];
    for (const stream of ['there', 'there-too', 'there']) statuses.push((await at(edge, stream)).status);
    expect(statuses).toEqual([200, 503, 200]);
  });
});

describe('an edge of some namespaces', () => {
  it('knows no streams of others', async () => {
    const [own, other] = [
      await edgeBeforeLive({ namespaces: ['default'] }),
      await edgeBeforeLive({ namespaces: ['shows'] }),
    ];
    expect((await own.fetch('master.m3u8')).status).toBe(200);
    const refused = await other.fetch('master.m3u8');
    expect([refused.status, await refused.text()]).toEqual([404, 'There is no stream named default/live.\n']);
    expect(await other.metric('upstream_requests_total')).toBe(0);
  });
});

describe('an edge that ends', () => {
  it('answers everybody, and sends them elsewhere', async () => {
    const edge = await edgeBeforeLive();
    const query = await nextPart();
    const blocked = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    edge.server.drain();
    const [fast, slow] = [
      await edge.fetch('master.m3u8'),
      await edge.fetch('source/playlist.m3u8', { method: 'HEAD' }),
    ];
    expect([fast.status, fast.headers.get('connection')]).toEqual([200, 'close']);
    expect([slow.status, slow.headers.get('connection')]).toEqual([200, 'close']);
    const closed = new Promise((resolve) => edge.server.close(resolve));
    live.push(between(4_700, 4_900));
    const last = await blocked;
    expect([last.status, last.headers.get('connection')]).toEqual([200, 'close']);
    await closed;
  });
});
