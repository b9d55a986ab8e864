import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { PodStates } from './pod-states.ts';

const EVERY_MS = 30;

function statesOf({ askMs = 0, concurrency = 4, sweepBeats = 10, silent = '' } = {}) {
  const asked: string[] = [];
  const count = (key: string) => asked.filter((other) => other === key).length;
  let running = 0;
  const seen = { most: 0 };
  const states = new PodStates({
    everyMs: EVERY_MS,
    sweepMs: EVERY_MS * sweepBeats,
    concurrency,
    silentConcurrency: concurrency / 2,
    ask: async (key) => {
      asked.push(key);
      seen.most = Math.max(seen.most, ++running);
      const isSilent = silent !== '' && key.startsWith(silent);
      await sleep(isSilent ? EVERY_MS : askMs);
      running--;
      return !isSilent;
    },
  });
  onTestFinished(() => states.close());
  states.start();
  return { states, asked, count, seen };
}

it('asks those with a show at each beat and the others in turn', async () => {
  const { states, count } = statesOf();
  states.set('live', 'active');
  const warm = Array.from({ length: 20 }, (_, i) => `warm-${i}`);
  for (const key of warm) states.set(key, 'sweep');
  await sleep(EVERY_MS * 10.5);
  expect(count('live')).toBeGreaterThan(7);
  // Once since they are new, once in their turn.
  for (const key of warm) expect(count(key)).toBeLessThanOrEqual(3);
  expect(warm.filter((key) => count(key) >= 2).length).toBeGreaterThan(10);
});

it('asks those first that were never asked', async () => {
  const { states, asked } = statesOf({ sweepBeats: 1_000 });
  for (let i = 0; i < 50; i++) states.set(`old-${i}`, 'sweep');
  await vi.waitFor(() => expect(new Set(asked).size).toBe(50));
  states.set('new', 'sweep');
  await vi.waitFor(() => expect(asked).toContain('new'), { timeout: EVERY_MS * 4, interval: 5 });
});

it('asks nobody twice at once, nor too many, and lets the slow not keep all others waiting', async () => {
  const { states, count, seen, asked } = statesOf({ askMs: EVERY_MS * 1.5, concurrency: 2 });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) states.set(key, 'active');
  await vi.waitFor(() => expect(new Set(asked).size).toBe(6));
  expect(seen.most).toBe(2);
  expect(count('a')).toBeLessThan(5);
});

it('asks no more about what it was told to leave alone', async () => {
  const { states, count } = statesOf();
  states.set('a', 'active');
  await vi.waitFor(() => expect(count('a')).toBeGreaterThan(1));
  states.set('a', 'none');
  const before = count('a');
  await sleep(EVERY_MS * 3);
  expect(count('a')).toBe(before);
});

it('asks one first that is made again under the name of one that never answered', async () => {
  const { states, asked, count } = statesOf({ silent: 'lost' });
  for (let i = 0; i < 20; i++) states.set(`lost-${i}`, 'active');
  await vi.waitFor(() => expect(count('lost-0')).toBeGreaterThan(1), { timeout: 5_000 });
  states.set('lost-0', 'none');
  await sleep(EVERY_MS * 2);
  const before = asked.length;
  states.set('lost-0', 'active');
  await vi.waitFor(() => expect(asked.slice(before)).toContain('lost-0'), { timeout: EVERY_MS * 2.5, interval: 5 });
});

it('asks others each beat beside any number of those who never answer, and all of these in turn', async () => {
  const { states, count } = statesOf({ silent: 'lost' });
  const lost = Array.from({ length: 20 }, (_, i) => `lost-${i}`);
  for (const key of lost) states.set(key, 'active');
  // Each of them has been asked once, and is known as one of those.
  await vi.waitFor(() => expect(lost.filter((key) => count(key) > 0)).toHaveLength(20), { timeout: 5_000 });
  states.set('live', 'active');
  await sleep(EVERY_MS * 20.5);
  expect(count('live')).toBeGreaterThan(12);
  for (const key of lost) expect(count(key)).toBeGreaterThan(1);
});
