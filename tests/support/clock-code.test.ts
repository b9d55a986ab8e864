import { describe, expect, it } from 'vitest';
import { CLOCK_BITS, CLOCK_COLUMNS, CLOCK_ROWS, decodeClock, encodeClock } from './clock-code.ts';

describe('the clock in the picture', () => {
  it('reads back what was drawn', () => {
    expect(CLOCK_COLUMNS * CLOCK_ROWS).toBe(CLOCK_BITS);
    for (const ms of [0, 1, 1_795_000_000_123, 2 ** 42 - 1]) expect(decodeClock(encodeClock(ms))).toBe(ms);
  });

  it('refuses a picture with a wrong block, and one that is all black or all white', () => {
    const bits = encodeClock(1_795_000_000_123);
    for (let index = 0; index < CLOCK_BITS; index += 1) {
      expect(decodeClock(bits.map((bit, at) => (at === index ? !bit : bit)))).toBeUndefined();
    }
    expect(decodeClock(Array.from({ length: CLOCK_BITS }, () => false))).toBeUndefined();
    expect(decodeClock(Array.from({ length: CLOCK_BITS }, () => true))).toBeUndefined();
  });
});
