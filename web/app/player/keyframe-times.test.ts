import { describe, expect, it } from 'vitest';
import { KeyframeTimes } from './keyframe-times.ts';

describe('KeyframeTimes', () => {
  it('keeps what the shown picture hangs on', () => {
    const keyframes = new KeyframeTimes();
    for (const time of [10, 12, 14]) keyframes.appended(time);
    expect(keyframes.removableUntil(8, 15)).toBe(8);
    expect(keyframes.removableUntil(14.5, 15)).toBeCloseTo(13.9, 5);
    // Thirty seconds without a keyframe, as in a long pause: still nothing of it is removed.
    expect(keyframes.removableUntil(40, 45)).toBeCloseTo(13.9, 5);
    expect(keyframes.removableUntil(13, 13)).toBeCloseTo(11.9, 5);
  });
  it('removes nothing while it knows no keyframe', () => {
    expect(new KeyframeTimes().removableUntil(40, 45)).toBe(0);
  });
  it('is bounded', () => {
    const keyframes = new KeyframeTimes();
    for (let time = 0; time < 10_000; time += 1) keyframes.appended(time);
    expect(keyframes.removableUntil(20_000, 5)).toBe(0);
  });
});
