import { expect, it } from 'vitest';
import { KeyHolders } from './key-holders.ts';

it('leaves a key to who had it first, until that one lets go of it', () => {
  const holders = new KeyHolders();
  const nobody = { usedBy: undefined, freedFor: [] };
  expect(holders.claim('default/a', 'one', [])).toEqual(nobody);
  expect(holders.claim('default/a', 'one', [])).toEqual(nobody);
  expect(holders.claim('default/b', 'one', [])).toEqual({ usedBy: 'default/a', freedFor: [] });
  expect(holders.claim('default/c', 'one', [])).toEqual({ usedBy: 'default/a', freedFor: [] });
  expect(holders.holds('default/b')).toBe(false);
  expect(holders.claim('default/c', 'three', [])).toEqual(nobody);
  expect(holders.claim('default/a', 'two', [])).toEqual({ usedBy: undefined, freedFor: ['default/b'] });
  expect(holders.claim('default/b', 'one', [])).toEqual(nobody);
  expect(holders.claim('default/b', undefined, [])).toEqual(nobody);
  expect([holders.release('default/a'), holders.release('default/a')]).toEqual([[], []]);
});

it('tells who waits for a key when its stream is gone, and forgets who is gone itself', () => {
  const holders = new KeyHolders();
  for (const id of ['default/a', 'default/b', 'default/c']) holders.claim(id, 'one', []);
  holders.release('default/b');
  expect(holders.release('default/a')).toEqual(['default/c']);
});

it('takes no longer per claim with ten thousand streams', () => {
  const holders = new KeyHolders();
  const claims = (from: number) => {
    const began = performance.now();
    for (let i = from; i < from + 5_000; i++) holders.claim(`default/s${i}`, `${i % 7_000}`, []);
    return performance.now() - began;
  };
  const first = claims(0);
  claims(5_000);
  expect(claims(10_000)).toBeLessThan(10 * first + 50);
});

it('leaves former keys to who still accepts them', () => {
  const holders = new KeyHolders();
  holders.claim('team-a/show', 'one', []);
  expect(holders.claim('team-a/show', 'two', ['one']).freedFor).toEqual([]);
  expect(holders.claim('team-b/thief', 'one', [])).toEqual({ usedBy: 'team-a/show', freedFor: [] });
  expect(holders.claim('team-b/thief', 'two', []).usedBy).toBe('team-a/show');
  expect(holders.claim('team-a/show', undefined, ['two']).freedFor).toEqual([]);
  expect(holders.claim('team-a/show', undefined, []).freedFor).toEqual(['team-b/thief']);
  expect(holders.claim('team-b/thief', 'two', []).usedBy).toBeUndefined();
});
