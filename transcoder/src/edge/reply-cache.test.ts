import { expect, it } from 'vitest';
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
  const cache = new ReplyCache(3 * 2_024, () => 0);
  for (const key of ['a', 'b', 'c']) cache.put(key, reply(1_000));
  cache.get('a');
  cache.put('d', reply(1_000));
  expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
  cache.put('large', reply(10_000));
  expect([cache.get('large'), cache.size]).toEqual([undefined, 3]);
});

it('counts an answer that takes the place of another once', () => {
  const cache = new ReplyCache(10_000, () => 0);
  cache.put('a', reply(1_000));
  cache.put('a', reply(500));
  expect([cache.size, cache.bytes]).toEqual([1, 1_524]);
});
