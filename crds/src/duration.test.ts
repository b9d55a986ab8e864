import { describe, expect, it } from 'vitest';
import { durationMs } from './duration.ts';

describe('durationMs', () => {
  it.each([
    ['0s', 0],
    ['200ms', 200],
    ['20s', 20_000],
    ['10m', 600_000],
    ['168h', 604_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['', '5', 's', '1.5s', '-1s', '1d', ' 1s', '1s\n', '1000000s', '1h30m'])('%j is no duration', (text) => {
    expect(() => durationMs(text)).toThrow(RangeError);
  });
});
