import { describe, expect, it } from 'vitest';
import { KEYFRAME, PictureTimes, TIME_CODES } from './picture-times.ts';

/** A picture without composition time. */
const at = (dtsMs: number, keyframe = false) => ({ dtsMs, compositionMs: 0, keyframe });

describe('PictureTimes', () => {
  it('gives a picture its own fractional time back, and tells keyframes from others', () => {
    const times = new PictureTimes(1000.25);
    const entered = [at(1000.25, true), at(1033.583), at(1066.917)].map((picture) => times.enter(picture));
    expect(entered).toEqual([0, 34, 70]);
    expect(entered.map((time) => time % TIME_CODES)).toEqual([KEYFRAME, 2, 2]);
    expect(entered.map((time) => times.leave(time).ptsMs)).toEqual([1000.25, 1033.583, 1066.917]);
  });

  it('decodes keyframes when the source does, although the rung has no B-frames', () => {
    const times = new PictureTimes(500);
    const entered = [
      { dtsMs: 500, compositionMs: 67, keyframe: true },
      { dtsMs: 533, compositionMs: 134, keyframe: false },
      { dtsMs: 567, compositionMs: 33, keyframe: false },
      { dtsMs: 600, compositionMs: 100, keyframe: false },
      { dtsMs: 633, compositionMs: 133, keyframe: true },
    ].map((picture) => times.enter(picture) + picture.compositionMs);
    expect(entered).toEqual([68, 170, 102, 202, 268]);
    expect([68, 102, 170, 202, 268].map((time) => times.leave(time))).toEqual([
      { dtsMs: 500, ptsMs: 567 },
      { dtsMs: 533, ptsMs: 600 },
      { dtsMs: 600, ptsMs: 667 },
      { dtsMs: 633, ptsMs: 700 },
      { dtsMs: 633, ptsMs: 766 },
    ]);
  });

  it('never gives the child two pictures in one millisecond', () => {
    const times = new PictureTimes(0);
    expect([0, 0.2, 0.4, 5].map((dts) => times.enter(at(dts)))).toEqual([2, 6, 10, 14]);
  });

  it('hides what is replayed, but for the picture on the screen, which becomes a keyframe', () => {
    const times = new PictureTimes(0);
    const replay = (sentMs: number, presentationMs?: number) => ({
      ...at(500, sentMs === 0),
      replay: { sentMs, ...(presentationMs !== undefined && { presentationMs }) },
    });
    const entered = [at(0, true), at(33), at(66), replay(0), replay(33), replay(66, 500), at(533)].map((picture) =>
      times.enter(picture),
    );
    expect(entered.map((time) => time % TIME_CODES)).toEqual([KEYFRAME, 2, 2, 1, 1, KEYFRAME, 2]);
    // As far apart as they were sent.
    expect(entered.slice(3, 6).map((time) => time - entered[3]!)).toEqual([0, 32, 67]);
    expect(times.leave(entered[5]!)).toEqual({ dtsMs: 500, ptsMs: 500 });
    expect(times.leave(entered[6]!)).toEqual({ dtsMs: 533, ptsMs: 533 });
  });

  it('still has an answer for a picture that it forgot', () => {
    const times = new PictureTimes(100);
    for (let dts = 100; dts < 12_000; dts += 4) times.enter(at(dts));
    expect(times.leave(0)).toEqual({ dtsMs: 100, ptsMs: 100 });
  });
});
