import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { brokenRules, readPlaylist } from './playlist-rules.ts';

const clip = makeClip({ seconds: 20, size: '160x90' });
const until = (ms: number) => clip.filter(({ timestamp }) => timestamp < ms);
const between = (from: number, to: number) => clip.filter(({ timestamp }) => timestamp >= from && timestamp < to);

let rig: LiveRig;
beforeEach(async () => {
  rig = await new LiveRig().start();
  rig.sink.publisherStarted();
});
afterEach(() => rig.close());

async function newest(): Promise<{ msn: number; part: number }> {
  const { segments, openParts } = readPlaylist(await rig.text('source/playlist.m3u8'));
  return { msn: segments.at(-1)!.msn + 1, part: openParts.length - 1 };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 30));

/** A promise and whether it is settled yet. */
function watched<T>(promise: Promise<T>): { promise: Promise<T>; settled: () => boolean } {
  let settled = false;
  void promise.finally(() => (settled = true));
  return { promise, settled: () => settled };
}

describe('blocking playlist reload', () => {
  it('answers when the part that was asked for is there', async () => {
    rig.push(until(4700));
    const { msn, part } = await newest();
    const next = watched(rig.text(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=${part + 1}`));
    await soon();
    expect(next.settled()).toBe(false);
    rig.push(between(4700, 4900));
    expect(readPlaylist(await next.promise).openParts).toHaveLength(part + 2);
  });

  it('answers a request for a segment when it is complete, and for a part beyond its end with the next segment', async () => {
    rig.push(until(4700));
    const { msn } = await newest();
    const segment = watched(rig.text(`source/playlist.m3u8?_HLS_msn=${msn}`));
    const beyond = watched(rig.text(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=12`));
    rig.push(between(4700, 6050));
    expect(readPlaylist(await segment.promise).segments.at(-1)!.msn).toBe(msn);
    await soon();
    expect(beyond.settled()).toBe(false);
    rig.push(between(6050, 6300));
    expect(readPlaylist(await beyond.promise).openParts).toHaveLength(1);
  });

  it('refuses what breaks the rules', async () => {
    rig.push(until(4700));
    const { msn, part } = await newest();
    const status = async (query: string) => (await rig.fetch(`source/playlist.m3u8?${query}`)).status;
    expect(await status('_HLS_part=1')).toBe(400);
    expect(await status('_HLS_msn=last')).toBe(400);
    expect(await status(`_HLS_msn=${msn}&_HLS_part=-1`)).toBe(400);
    expect(await status(`_HLS_msn=${msn + 3}`)).toBe(400);
    expect(await status(`_HLS_msn=${msn}&_HLS_part=${part + 16}`)).toBe(400);
    expect(await status(`_HLS_msn=${msn - 1}&_HLS_part=0`)).toBe(200);
  });

  it('answers who waits for a show that ends before its first picture', async () => {
    const playlist = rig.fetch('source/playlist.m3u8');
    const master = rig.fetch('master.m3u8');
    await soon();
    rig.sink.showEnded('closed');
    expect([(await playlist).status, (await master).status]).toEqual([404, 404]);
  });

  it('refuses what is far ahead of a show that has not begun', async () => {
    expect((await rig.fetch('source/playlist.m3u8?_HLS_msn=999999999999999')).status).toBe(400);
  });

  it('gives up with 503 after three target durations', async () => {
    // A publisher that sends nothing: were there media, the gap after it would be filled.
    const next = watched(rig.fetch('source/playlist.m3u8'));
    await soon();
    rig.nowMs += 5_900;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(next.settled()).toBe(false);
    // Once more where the request was not there yet when the time was put on.
    await expect.poll(() => ((rig.nowMs += 200), next.settled()), { timeout: 15_000 }).toBe(true);
    const response = await next.promise;
    expect([response.status, await response.text()]).toEqual([503, 'The show has not gone on in time: ask again.\n']);
  });

  it('is released by the end of the show', async () => {
    rig.push(until(4700));
    const { msn } = await newest();
    const next = rig.text(`source/playlist.m3u8?_HLS_msn=${msn}`);
    await soon();
    rig.sink.showEnded('closed');
    expect(readPlaylist(await next).ended).toBe(true);
  });

  it('holds the first requests of a show until there is something to play', async () => {
    const master = rig.text('master.m3u8');
    const playlist = rig.text('source/playlist.m3u8');
    await soon();
    rig.push(until(250));
    expect(await master).toMatch(
      /BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=160x90,FRAME-RATE=30\.000\nsource\/playlist\.m3u8\n$/,
    );
    expect(readPlaylist(await playlist).openParts).toHaveLength(1);
  });
});

describe('how long caches may keep a playlist', () => {
  const kept = async (query: string) =>
    (await rig.fetch(`source/playlist.m3u8?${query}`)).headers.get('cache-control')!;

  it('is long where just what was asked for was waited for', async () => {
    rig.push(until(4700));
    const { msn, part } = await newest();
    const [next, segment] = [kept(`_HLS_msn=${msn}&_HLS_part=${part + 1}`), kept(`_HLS_msn=${msn}`)];
    await soon();
    rig.push(between(4700, 6300));
    expect([await next, await segment]).toEqual(['public, max-age=12', 'public, max-age=12']);
  });

  it('is short where it was there: any number would do', async () => {
    rig.push(until(4700));
    const { msn, part } = await newest();
    for (const query of [`_HLS_msn=${msn}&_HLS_part=${part}`, '_HLS_msn=7', `_HLS_msn=${msn - 1}&_HLS_part=987654`]) {
      expect([query, await kept(query)]).toEqual([query, 'public, max-age=1']);
    }
  });

  it('is short where what was asked for was past before there was anything', async () => {
    const past = kept('_HLS_msn=7&_HLS_part=3');
    await soon();
    rig.push(until(4700));
    expect(await past).toBe('public, max-age=1');
  });

  it('is short after the end: what a later show will have was asked for', async () => {
    rig.push(until(4700));
    const { msn } = await newest();
    const awaited = kept(`_HLS_msn=${msn + 1}`);
    await soon();
    rig.sink.showEnded('closed');
    expect([await awaited, await kept(`_HLS_msn=${msn + 100}&_HLS_part=3`)]).toEqual([
      'public, max-age=1',
      'public, max-age=1',
    ]);
  });
});

describe('delta updates', () => {
  it('skip what lies before the skip boundary', async () => {
    rig.push(until(19_000));
    const full = await rig.text('source/playlist.m3u8');
    const delta = await rig.text('source/playlist.m3u8?_HLS_skip=YES');
    const [a, b] = [readPlaylist(full), readPlaylist(delta)];
    expect(b.skipped).toBeGreaterThan(0);
    expect(a.segments.slice(b.skipped)).toEqual(b.segments);
    expect(brokenRules(delta)).toEqual([]);
  });
});

describe('parts', () => {
  it('are waited for where they are hinted, and only there', async () => {
    rig.push(until(4700));
    const hint = readPlaylist(await rig.text('source/playlist.m3u8')).hint!;
    const part = watched(rig.fetch(`source/${hint}`));
    await soon();
    expect(part.settled()).toBe(false);
    expect((await rig.fetch(`source/${hint.replace(/\.\d+\.m4s/, '.99.m4s')}`)).status).toBe(404);
    rig.push(between(4700, 4900));
    expect((await part.promise).status).toBe(200);
  });

  it('hint the next segment where a keyframe is due', async () => {
    rig.push(until(5990));
    const { segments, openParts, hint } = readPlaylist(await rig.text('source/playlist.m3u8'));
    expect(openParts).toHaveLength(10);
    expect(hint).toBe(`${segments.at(-1)!.msn + 2}.0.m4s`);
    const part = rig.fetch(`source/${hint}`);
    rig.push(between(5990, 6300));
    expect((await part).status).toBe(200);
  });
});

describe('HTTP', () => {
  it('says what it serves, to any page, and for how long', async () => {
    rig.push(until(4700));
    const playlist = await rig.text('source/playlist.m3u8');
    const { segments } = readPlaylist(playlist);
    const headers = async (path: string, init?: RequestInit) => {
      const { status, headers } = await rig.fetch(path, init);
      const of = (name: string) => headers.get(name);
      return [status, of('content-type'), of('cache-control'), of('access-control-allow-origin')];
    };
    expect(await headers('source/playlist.m3u8')).toEqual([
      200,
      'application/vnd.apple.mpegurl',
      'public, max-age=1',
      '*',
    ]);
    const immutable = 'public, max-age=3600, immutable';
    expect(await headers(`source/${segments[0]!.uri}`)).toEqual([200, 'video/iso.segment', immutable, '*']);
    expect(await headers(`source/${segments[0]!.map}`)).toEqual([200, 'video/mp4', immutable, '*']);
    expect(await headers('source/1.m4s')).toEqual([404, 'text/plain; charset=utf-8', 'no-store', '*']);
    expect(await headers('720p/playlist.m3u8')).toEqual([404, 'text/plain; charset=utf-8', 'no-store', '*']);
    expect(await headers('source/playlist.m3u8', { method: 'POST' })).toEqual([
      405,
      'text/plain; charset=utf-8',
      'no-store',
      '*',
    ]);
    const preflight = await rig.fetch('source/playlist.m3u8', { method: 'OPTIONS' });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, 'Range']);
  });

  it('compresses playlists for who accepts it', async () => {
    rig.push(until(4700));
    const socket = await open();
    socket.write(get('source/playlist.m3u8', 'Accept-Encoding: br, gzip;q=0.8\r\n'));
    const { head, body } = await response(socket);
    expect(head).toContain('Content-Encoding: gzip');
    expect(gunzipSync(body).toString()).toBe(await rig.text('source/playlist.m3u8'));
    socket.destroy();
  });

  it('answers HEAD and ranges of media', async () => {
    rig.push(until(4700));
    const { uri } = readPlaylist(await rig.text('source/playlist.m3u8')).segments[0]!;
    const whole = Buffer.from(await (await rig.fetch(`source/${uri}`)).arrayBuffer());
    const head = await rig.fetch(`source/${uri}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.length)]);
    const range = async (value: string) => {
      const answer = await rig.fetch(`source/${uri}`, { headers: { Range: value } });
      return {
        status: answer.status,
        range: answer.headers.get('content-range'),
        cacheControl: answer.headers.get('cache-control'),
        bytes: Buffer.from(await answer.arrayBuffer()),
      };
    };
    expect(await range('bytes=10-29999')).toEqual({
      status: 206,
      range: `bytes 10-29999/${whole.length}`,
      cacheControl: 'public, max-age=3600, immutable',
      bytes: whole.subarray(10, 30_000),
    });
    expect(await range('bytes=-5')).toEqual({
      status: 206,
      range: `bytes ${whole.length - 5}-${whole.length - 1}/${whole.length}`,
      cacheControl: 'public, max-age=3600, immutable',
      bytes: whole.subarray(-5),
    });
    // A cache that kept this would give it to who asks for all.
    expect(await range(`bytes=${whole.length}-`)).toEqual({
      status: 416,
      range: `bytes */${whole.length}`,
      cacheControl: 'no-store',
      bytes: Buffer.from(`There are ${whole.length} bytes of this file: ask for a range that begins within them.\n`),
    });
  });

  it('gives all of it to HEAD, and to a range on a condition', async () => {
    rig.push(until(4700));
    const { uri } = readPlaylist(await rig.text('source/playlist.m3u8')).segments[0]!;
    const whole = await rig.fetch(`source/${uri}`);
    const head = await rig.fetch(`source/${uri}`, { method: 'HEAD', headers: { Range: 'bytes=0-9' } });
    const conditional = await rig.fetch(`source/${uri}`, { headers: { Range: 'bytes=0-9', 'If-Range': '"other"' } });
    const length = whole.headers.get('content-length');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, length]);
    expect([conditional.status, conditional.headers.get('content-length')]).toEqual([200, length]);
    await Promise.all([whole.arrayBuffer(), conditional.arrayBuffer()]);
  });

  it('keeps connections and the order of pipelined requests', async () => {
    rig.push(until(4700));
    const { segments } = readPlaylist(await rig.text('source/playlist.m3u8'));
    const socket = await open();
    const file = `source/${segments[0]!.uri}`;
    socket.write(get('source/playlist.m3u8') + get(file) + get('source/1.m4s') + get('source/playlist.m3u8'));
    const lengths: number[] = [];
    for (let i = 0; i < 4; i++) lengths.push((await response(socket)).body.length);
    const playlist = (await rig.text('source/playlist.m3u8')).length;
    const segment = (await (await rig.fetch(file)).arrayBuffer()).byteLength;
    expect([lengths[0], lengths[1], lengths[3]]).toEqual([playlist, segment, playlist]);
    socket.write(get('source/playlist.m3u8'));
    expect((await response(socket)).body.length).toBe(playlist);
    socket.destroy();
  });

  it('forgets who went away while waiting', async () => {
    rig.push(until(4700));
    const { msn, part } = await newest();
    const socket = await open();
    socket.write(get(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=${part + 1}`));
    await soon();
    socket.destroy();
    await soon();
    rig.push(between(4700, 5500));
    expect(brokenRules(await rig.text('source/playlist.m3u8'))).toEqual([]);
  });

  it('closes where the client asks for it', async () => {
    rig.push(until(4700));
    const socket = await open();
    const closed = new Promise((resolve) => socket.once('end', resolve));
    socket.write(get('source/playlist.m3u8', 'Connection: close\r\n'));
    expect((await response(socket)).head).toContain('Connection: close');
    await closed;
  });
});

function open(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(rig.url('')).port), '127.0.0.1', () => resolve(socket));
  });
}

function get(path: string, fields = ''): string {
  return `GET ${new URL(rig.url(path)).pathname}${new URL(rig.url(path)).search} HTTP/1.1\r\nHost: test\r\n${fields}\r\n`;
}

/** The next response on a connection, by its Content-Length. */
function response(socket: Socket): Promise<{ head: string; body: Buffer }> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const end = received.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = received.toString('latin1', 0, end);
      const size = end + 4 + Number(/content-length: (\d+)/i.exec(head)![1]);
      if (received.length < size) return;
      socket.off('data', take);
      socket.pause();
      if (received.length > size) socket.unshift(received.subarray(size));
      resolve({ head, body: received.subarray(end + 4, size) });
    };
    socket.on('data', take);
    socket.resume();
  });
}
