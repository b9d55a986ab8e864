import { describe, expect, it } from 'vitest';
import { cutsAfterPart, cutsAtKeyframe, segmentLimits } from './segmenter.ts';

const limits = segmentLimits(2000);

describe('TARGETDURATION', () => {
  it('is what segments round to, and never below one second', () => {
    expect([1000, 1400, 2000, 2600, 6000].map((ms) => segmentLimits(ms).targetDurationS)).toEqual([1, 1, 2, 3, 6]);
  });
});

describe('a keyframe', () => {
  it.each([
    // elapsed, interval, cuts
    [2000, 2000, true],
    [1950, 1950, true],
    [1000, 1000, false], // two groups of pictures fit
    [500, 500, false],
    [1500, 500, false],
    [1200, 1200, false], // 2.4 s rounds to 2
    [1500, 1500, true], // 3 s would not
    [333, 8333, true], // after a cut without a keyframe
  ])('after %i ms, %i ms after the one before: %s', (elapsed, interval, cuts) => {
    expect(cutsAtKeyframe(elapsed, interval, limits)).toBe(cuts);
  });
});

describe('the end of a part', () => {
  it.each([
    // elapsed, next keyframe in, cuts
    [1800, 200, false],
    [2000, 0, false], // the keyframe is due
    [2000, 400, false], // it comes in time
    [2000, 600, true], // it comes too late
    [2000, undefined, true],
    [1800, undefined, false],
    [2300, 100, true], // one part more would be too long
  ])('after %i ms, a keyframe expected in %s ms: %s', (elapsed, msToKeyframe, cuts) => {
    expect(cutsAfterPart(elapsed, 203, msToKeyframe, limits)).toBe(cuts);
  });
});
