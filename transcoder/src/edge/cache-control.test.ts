import { expect, it } from 'vitest';
import { lifetimeMs } from './cache-control.ts';

it.each([
  ['public, max-age=3600, immutable', 3_600_000],
  ['public, max-age=1', 1_000],
  ['Public,MAX-AGE="12"', 12_000],
  ['max-age=5, s-maxage=2', 2_000],
  ['max-age=0', 0],
  ['no-store', 0],
  ['max-age=60, no-store', 0],
  ['private, max-age=60', 0],
  ['no-cache="set-cookie", max-age=60', 0],
  ['x-max-age=60', 0],
  ['', 0],
  [undefined, 0],
])('%s: %i ms', (field, ms) => {
  expect(lifetimeMs(field)).toBe(ms);
});
