import { describe, expect, it } from 'vitest';
import { restartDelayMs } from './restart-delay.ts';

describe('restartDelayMs', () => {
  it('doubles up to half a minute', () => {
    expect([1, 2, 3, 8, 2000].map((failures) => restartDelayMs(failures, 1))).toEqual([250, 500, 1000, 30_000, 30_000]);
  });

  it('leaves half of it to chance', () => {
    expect([0, 0.5].map((random) => restartDelayMs(3, random))).toEqual([500, 750]);
  });
});
