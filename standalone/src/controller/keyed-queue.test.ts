import { expect, it } from 'vitest';
import { KeyedQueue } from './keyed-queue.ts';

it('runs a key once at a time and once more for all that came meanwhile', async () => {
  const log: string[] = [];
  const queue = new KeyedQueue(
    async (key) => {
      log.push(`start ${key}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      log.push(`end ${key}`);
    },
    () => undefined,
  );
  queue.add('a');
  queue.add('a');
  queue.add('a');
  queue.add('b');
  await new Promise((resolve) => setTimeout(resolve, 30));
  await queue.close();
  queue.add('c');
  expect(log.filter((line) => line.endsWith('a'))).toEqual(['start a', 'end a', 'start a', 'end a']);
  expect(log.filter((line) => line.endsWith('b'))).toEqual(['start b', 'end b']);
  expect(log).not.toContain('start c');
});

it('goes on after a job that failed', async () => {
  const failures: unknown[] = [];
  let runs = 0;
  const queue = new KeyedQueue(
    async () => {
      if (++runs === 1) throw new Error('once');
    },
    (error) => failures.push(error),
  );
  queue.add('a');
  await new Promise((resolve) => setTimeout(resolve, 1));
  queue.add('a');
  await queue.close();
  expect(failures).toHaveLength(1);
  expect(runs).toBe(2);
});
