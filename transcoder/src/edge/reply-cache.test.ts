import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { compressPlaylist } from '../origin/compress-playlist.ts';
import { Reply } from '../origin/reply.ts';
import { ReplyCache } from './reply-cache.ts';

const reply = (bytes: number, lifetimeMs = 1_000) => ({
  plain: new Reply(200, [], bytes, () => [Buffer.alloc(bytes)]),
  lifetimeMs,
});

it('keeps an answer for its time', () => {
  let now = 0;
  const cache = new ReplyCache(10_000, () => now);
  cache.put('a', reply(100));
  cache.put('b', reply(100, 0));
  now = 999;
  expect([cache.get('a') !== undefined, cache.get('b')]).toEqual([true, undefined]);
  now = 1_000;
  expect(cache.get('a')).toBe(undefined);
  expect([cache.size, cache.bytes]).toEqual([0, 0]);
});

it('lets those go first that were not asked for the longest', () => {
  const cache = new ReplyCache(3 * 3_024, () => 0);
  for (const key of ['a', 'b', 'c']) cache.put(key, reply(1_000));
  cache.get('a');
  cache.put('d', reply(1_000));
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
  cache.put('large', reply(40_000));
  expect([cache.get('large'), cache.size]).toEqual([undefined, 3]);
});

it('counts an answer that takes the place of another once', () => {
  const cache = new ReplyCache(10_000, () => 0);
  cache.put('a', reply(1_000));
  cache.put('a', reply(500));
  expect([cache.size, cache.bytes]).toEqual([1, 2_024]);
});

it('counts what its answers hold once they were sent', () => {
  const cache = new ReplyCache(64 * 1024 * 1024, () => 0);
  for (let n = 0; n < 500; n++) {
    const body = randomBytes(28 * 1024);
    const origin = { date: 'then', age: () => 0 };
    const [plain, packed] = [body, compressPlaylist(body)].map(
      (bytes) => new Reply(200, [], bytes.length, () => [bytes], origin),
    ) as [Reply, Reply];
    const playlist = { plain, gzip: () => packed, lifetimeMs: 1_000 };
    cache.put(`${n}`, n % 2 === 0 ? playlist : { plain, lifetimeMs: 1_000 });
  }
  let held = 0;
  const buffers = new Set<ArrayBufferLike>();
  for (let n = 0; n < 500; n++) {
    const { plain, gzip } = cache.get(`${n}`)!;
    for (const reply of gzip ? [plain, gzip()] : [plain]) {
      for (const { buffer } of [...reply.wire, ...reply.body]) buffers.add(buffer);
    }
  }
  for (const { byteLength } of buffers) held += byteLength;
  expect(held).toBeGreaterThan(2 * 500 * 28 * 1024);
  expect(cache.bytes).toBeGreaterThanOrEqual(held);
});
