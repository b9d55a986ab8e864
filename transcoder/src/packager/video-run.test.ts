import { describe, expect, it } from 'vitest';
import { layOutVideo } from './video-run.ts';

const frames = (stamps: readonly number[], ctsMs = 0) =>
  stamps.map((dtsMs, i) => ({
    track: 'video' as const,
    dtsMs,
    ctsMs,
    keyframe: i === 0,
    payload: Buffer.alloc(100 + i),
  }));

describe('layOutVideo', () => {
  it('lays a steady source on an even grid', () => {
    const { run, end } = layOutVideo(frames([1000, 1033, 1067], 67), undefined, undefined, 3000, true);
    expect(run.baseDecodeTime).toBe(90_000);
    expect(run.samples).toEqual([
      { duration: 3000, size: 100, keyframe: true, compositionOffset: 6000 },
      { duration: 3000, size: 101, keyframe: false, compositionOffset: 6000 },
      { duration: 3000, size: 102, keyframe: false, compositionOffset: 6000 },
    ]);
    expect(end).toBe(99_000);
  });

  it('follows the part before, and is drawn to the stamps by at most 2 ms', () => {
    const { run, end } = layOutVideo(frames([1005, 1038, 1072]), 90_000, undefined, 3000, true);
    expect(run.baseDecodeTime).toBe(90_000);
    expect(run.samples.map(({ duration }) => duration)).toEqual([3060, 3060, 3060]);
    expect(end).toBe(99_180);
  });

  it('keeps the stamps of an unsteady source as presentation times', () => {
    const { run, end } = layOutVideo(frames([1010, 1080, 1090]), 90_000, 101_700, 3000, false);
    expect(run.samples.map(({ duration }) => duration)).toEqual([7200, 900, 3600]);
    expect(run.samples.map(({ compositionOffset }) => compositionOffset)).toEqual([900, 0, 0]);
    expect(end).toBe(101_700);
  });

  it('leaves a hole of more than half a second open', () => {
    expect(layOutVideo(frames([2000]), 90_000, undefined, 3000, true).run.baseDecodeTime).toBe(180_000);
  });
});
