import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { EdgeRig, soon } from './edge-rig.ts';
import { makeClip } from './flv-clip.ts';
import { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';

const NGINX = '/usr/sbin/nginx';
const EXAMPLE = fileURLToPath(new URL('../../examples/nginx-cache.conf', import.meta.url));
const clip = makeClip({ seconds: 8, size: '160x90' });
const until = (ms: number) => clip.filter(({ timestamp }) => timestamp < ms);
const between = (from: number, to: number) => clip.filter(({ timestamp }) => timestamp >= from && timestamp < to);

let folder: string;
let live: LiveRig;
let edge: EdgeRig;
let nginx: ChildProcess;
let port: number;
/** Milliseconds of the clip beyond what the show began with. */
let shown = 0;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** The example as it stands, but for what belongs to a machine: ports, the edge's address, the folder. */
function exampleHere(): string {
  const replaced: [string, string][] = [
    ['/var/cache/nginx/showrunner', join(folder, 'cache')],
    ['showrunner-edge.showrunner.svc.cluster.local:80', `127.0.0.1:${edge.port}`],
    ['listen 8080;', `listen 127.0.0.1:${port};`],
  ];
  return replaced.reduce(
    (text, [from, to]) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    },
    readFileSync(EXAMPLE, 'utf8'),
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  live = await new LiveRig().start();
  live.sink.publisherStarted();
  live.push(until(4_700));
  edge = await new EdgeRig(live.port).start();
  port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const file = join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr warn;
     ${process.getuid?.() === 0 ? 'user root;' : ''}
     events { worker_connections 512; }
     http { access_log off; ${paths.join(' ')} ${exampleHere()} }`,
  );
  const args = ['-p', folder, '-c', file, '-e', 'stderr'];
  await promisify(execFile)(NGINX, [...args, '-t']);
  nginx = spawn(NGINX, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await vi.waitUntil(
    () =>
      get('nothing').then(
        ({ status }) => status === 404,
        () => false,
      ),
    5_000,
  );
});

afterAll(async () => {
  const ended = nginx && once(nginx, 'exit');
  nginx?.kill('SIGTERM');
  await ended;
  await edge?.close();
  await live?.close();
  rmSync(folder, { recursive: true });
});

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${port}/hls/default/live/${path}`, { headers });
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, cache: response.headers.get('x-cache'), headers: response.headers, body };
}

it('media is kept, and can be read in parts', async () => {
  const { segments } = readPlaylist(await live.text('source/playlist.m3u8'));
  const file = `source/${segments[0]!.uri}`;
  const [first, second, other] = [await get(file), await get(file), await get(`${file}?from=a-link`)];
  expect([first.cache, second.cache, other.cache]).toEqual(['MISS', 'HIT', 'HIT']);
  expect(second.body.equals(first.body)).toBe(true);
  const part = await get(file, { range: 'bytes=10-19' });
  expect([part.status, part.body.equals(first.body.subarray(10, 20))]).toEqual([206, true]);
  expect(second.headers.get('access-control-allow-origin')).toBe('*');
});

it('playlists are kept for as long as they say, one for who takes gzip and one for who does not', async () => {
  const playlist = (encoding: string) => get('source/playlist.m3u8', { 'accept-encoding': encoding });
  const [packed, again, plain] = [await playlist('gzip, br'), await playlist('br, gzip'), await playlist('identity')];
  expect([packed.cache, again.cache, plain.cache]).toEqual(['MISS', 'HIT', 'MISS']);
  // fetch has unpacked what it was told is packed.
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(packed.body.equals(plain.body)).toBe(true);
  expect(() => gunzipSync(plain.body)).toThrow();
  await sleep(2_100);
  expect((await playlist('gzip')).cache).toBe('EXPIRED');
});

it('a playlist that is held back comes to all who wait as soon as it is there', { retry: 2 }, async () => {
  const { segments, openParts } = readPlaylist(await live.text('source/playlist.m3u8'));
  const shownMs = 4_700 + shown;
  shown += 200;
  const query = `source/playlist.m3u8?_HLS_msn=${segments.at(-1)!.msn + 1}&_HLS_part=${openParts.length}`;
  const asked = Array.from({ length: 20 }, async () => {
    const answer = await get(query);
    return { ...answer, atMs: performance.now() };
  });
  await soon(() => edge.metric('waiting_requests')).toBe(20);
  const pushedMs = performance.now();
  live.push(between(shownMs, 4_700 + shown));
  const answers = await Promise.all(asked);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  // A lock would let all but one of them wait for half a second.
  expect(Math.max(...answers.map(({ atMs }) => atMs)) - pushedMs).toBeLessThan(250);
  expect((await get(query)).cache).toBe('HIT');
});

it('what is missing is asked for again', async () => {
  const [first, second] = [await get('source/1.m4s'), await get('source/1.m4s')];
  expect([first.status, first.cache, second.cache]).toEqual([404, 'MISS', 'MISS']);
});
