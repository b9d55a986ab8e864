import type { Exchange } from '@showrunner/transcoder';
import { expect, it } from 'vitest';
import { LastViewers } from './last-viewers.ts';

const exchange = {} as Exchange;

async function waitedMs(viewers: LastViewers): Promise<number> {
  const began = performance.now();
  await viewers.farewell();
  return performance.now() - began;
}

it('waits for viewers who asked lately, and for nobody else', async () => {
  let now = 1_000_000;
  const viewers = new LastViewers(() => now);
  const media = viewers.watch(() => true);
  const others = viewers.watch(() => false);
  expect(others(exchange)).toBe(false);
  expect(await waitedMs(viewers)).toBeLessThan(500);
  expect(media(exchange)).toBe(true);
  expect(await waitedMs(viewers)).toBeGreaterThan(2_000);
  now += 10_001;
  expect(await waitedMs(viewers)).toBeLessThan(500);
});
