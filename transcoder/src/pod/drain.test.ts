import { expect, it } from 'vitest';
import { drain } from './drain.ts';

async function took(act: () => Promise<unknown>): Promise<{ outcome: unknown; ms: number }> {
  const began = performance.now();
  const outcome = await act();
  return { outcome, ms: performance.now() - began };
}

it('is over at once where nothing is running', async () => {
  const { outcome, ms } = await took(() => drain({ isRunning: () => false, drainMs: 5_000, lingerMs: () => 0 }));
  expect(outcome).toBe('over');
  expect(ms).toBeLessThan(100);
});

it('lets the end be read of a show that has just ended', async () => {
  const { outcome, ms } = await took(() => drain({ isRunning: () => false, drainMs: 5_000, lingerMs: () => 200 }));
  expect(outcome).toBe('over');
  expect(ms).toBeGreaterThanOrEqual(190);
  expect(ms).toBeLessThan(2_000);
});

it('waits for the end of the show, and a while longer', async () => {
  const end = performance.now() + 300;
  const isRunning = () => performance.now() < end;
  const { outcome, ms } = await took(() => drain({ isRunning, drainMs: 5_000, lingerMs: () => 200 }));
  expect(outcome).toBe('over');
  expect(ms).toBeGreaterThanOrEqual(490);
  expect(ms).toBeLessThan(2_000);
});

it('leaves a show that runs on', async () => {
  const { outcome, ms } = await took(() => drain({ isRunning: () => true, drainMs: 300, lingerMs: () => 5_000 }));
  expect(outcome).toBe('left');
  expect(ms).toBeGreaterThanOrEqual(290);
  expect(ms).toBeLessThan(2_000);
});
