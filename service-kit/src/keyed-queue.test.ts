import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { KeyedQueue, type KeyedQueueOptions } from './keyed-queue.ts';

const WORK_MS = 5;

function queueOf(options: Partial<KeyedQueueOptions> & Pick<KeyedQueueOptions, 'run'>): KeyedQueue {
  const queue = new KeyedQueue({
    onError: () => undefined,
    concurrency: 4,
    backOff: { firstMs: 20, maxMs: 80 },
    random: () => 1,
    ...options,
  });
  onTestFinished(() => queue.close());
  return queue;
}

it('runs a key once at a time and once more for all that came meanwhile', async () => {
  const log: string[] = [];
  const queue = queueOf({
    run: async (key) => {
      log.push(`start ${key}`);
      await sleep(WORK_MS);
      log.push(`end ${key}`);
    },
  });
  queue.add('a');
  queue.add('b');
  await sleep(1);
  queue.add('a');
  queue.addFirst('a');
  queue.add('a');
  await sleep(30);
  await queue.close();
  queue.add('c');
  await sleep(WORK_MS);
  expect(log.filter((line) => line.endsWith('a'))).toEqual(['start a', 'end a', 'start a', 'end a']);
  expect(log.filter((line) => line.endsWith('b'))).toEqual(['start b', 'end b']);
  expect(log).not.toContain('start c');
});

it('runs a job that adds its own key at its very beginning only after itself', async () => {
  let running = 0;
  let runs = 0;
  const queue = queueOf({
    run: async (key) => {
      expect(++running).toBe(1);
      if (++runs < 3) queue.add(key);
      await sleep(1);
      running--;
    },
  });
  queue.add('a');
  await vi.waitFor(() => expect(runs).toBe(3));
});

it('runs no more keys at once than it may, in the order in which they came, urgent ones first', async () => {
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const waits: number[] = [];
  const queue = queueOf({
    concurrency: 2,
    run: async (key) => {
      order.push(key);
      most = Math.max(most, ++running);
      await sleep(WORK_MS);
      running--;
    },
    onWaited: (ms) => waits.push(ms),
  });
  for (const key of ['a', 'b', 'c', 'd', 'e', 'c']) queue.add(key);
  queue.addFirst('e');
  expect(queue.depth).toBe(3);
  await vi.waitFor(() => expect(order).toEqual(['a', 'b', 'e', 'c', 'd']));
  expect(most).toBe(2);
  expect(waits).toHaveLength(5);
});

it('lets a busy key not keep the others from their turn', async () => {
  const order: string[] = [];
  const queue: KeyedQueue = queueOf({
    concurrency: 1,
    run: async (key) => {
      order.push(key);
      if (key === 'busy' && order.length < 20) queue.add('busy');
      await sleep(1);
    },
  });
  for (const key of ['busy', 'a', 'b']) queue.add(key);
  await vi.waitFor(() => expect(order).toContain('b'));
  expect(order.slice(0, 4)).toEqual(['busy', 'a', 'b', 'busy']);
});

it('tries a job that failed again, later each time, and at once where somebody adds it', async () => {
  const times: number[] = [];
  const queue = queueOf({
    run: async () => {
      times.push(performance.now());
      if (times.length < 5) throw new Error('not yet');
    },
  });
  queue.add('a');
  await vi.waitFor(() => expect(times).toHaveLength(4));
  expect(queue.failing).toBe(1);
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  [20, 40, 80].forEach((ms, i) => expect(gaps[i]).toBeGreaterThan(ms - 3));
  queue.add('a');
  await vi.waitFor(() => expect(times).toHaveLength(5));
  expect(times[4]! - times[3]!).toBeLessThan(79);
  expect(queue.failing).toBe(0);
});

it('does not run hot where a job that fails adds itself', async () => {
  let runs = 0;
  const queue: KeyedQueue = queueOf({
    run: async (key) => {
      runs++;
      queue.add(key);
      throw new Error('never');
    },
  });
  queue.add('a');
  await sleep(300);
  // After 20, 40 and 80 ms, and every 80 ms from then on.
  expect(runs).toBeGreaterThan(2);
  expect(runs).toBeLessThan(7);
});

it('waits as long as the one who refused asked for', async () => {
  const times: number[] = [];
  const queue: KeyedQueue = queueOf({
    run: async () => {
      if (times.push(performance.now()) > 1) return;
      // Something changes meanwhile.
      queue.add('a');
      throw new Error('slow down');
    },
    retryAfterMs: () => 60,
  });
  queue.add('a');
  await vi.waitFor(() => expect(times).toHaveLength(2));
  expect(times[1]! - times[0]!).toBeGreaterThan(57);
});

it('runs a key later, at the earliest time asked for, and not again where it ran before', async () => {
  const times: number[] = [];
  const start = performance.now();
  const queue = queueOf({ run: async () => void times.push(performance.now() - start) });
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 30);
  queue.addAfter('a', 2_000);
  await vi.waitFor(() => expect(times).toHaveLength(1));
  expect(times[0]).toBeGreaterThan(27);
  queue.addAfter('a', 30);
  queue.add('a');
  await sleep(60);
  expect(times).toHaveLength(2);
});

it('forgets what waits when it is cleared', async () => {
  const ran: string[] = [];
  const queue = queueOf({
    concurrency: 1,
    run: async (key) => {
      ran.push(key);
      await sleep(WORK_MS);
    },
  });
  queue.add('a');
  queue.add('b');
  queue.addAfter('c', 10);
  queue.clear();
  await sleep(30);
  expect(ran).toEqual(['a']);
  expect(queue.depth).toBe(0);
});
