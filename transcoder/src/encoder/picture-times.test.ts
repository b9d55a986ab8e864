import { describe, expect, it } from 'vitest';
import { PictureTimes } from './picture-times.ts';

describe('PictureTimes', () => {
  it('gives a picture its own fractional time back', () => {
    const times = new PictureTimes(1000.25);
    expect([1000.25, 1033.583, 1066.917].map((dts) => times.enter(dts, 0, dts === 1000.25))).toEqual([0, 33, 67]);
    expect([0, 33, 67].map((time) => times.leave(time).ptsMs)).toEqual([1000.25, 1033.583, 1066.917]);
  });

  it('decodes keyframes when the source does, although the rung has no B-frames', () => {
    const times = new PictureTimes(500);
    times.enter(500, 67, true);
    times.enter(533, 134, false);
    times.enter(567, 33, false);
    times.enter(600, 67, false);
    times.enter(633, 100, true);
    expect([67, 100, 167, 167 + 66].map((time) => times.leave(time))).toEqual([
      { dtsMs: 500, ptsMs: 567 },
      { dtsMs: 533, ptsMs: 600 },
      { dtsMs: 600, ptsMs: 667 },
      { dtsMs: 633, ptsMs: 733 },
    ]);
  });

  it('never gives the child two pictures in one millisecond', () => {
    const times = new PictureTimes(0);
    expect([0, 0.2, 0.4, 5].map((dts) => times.enter(dts, 0, false))).toEqual([0, 1, 2, 5]);
  });

  it('still has an answer for a picture that it forgot', () => {
    const times = new PictureTimes(100);
    for (let dts = 100; dts < 3000; dts++) times.enter(dts, 0, dts === 100);
    expect(times.leave(0)).toEqual({ dtsMs: 100, ptsMs: 100 });
  });
});
