import { describe, expect, it } from 'vitest';
import type { MediaSample } from '../packager/media-sample.ts';
import { Gop } from './gop.ts';

const sample = (dtsMs: number, ctsMs: number, keyframe = false): MediaSample => ({
  track: 'video',
  dtsMs,
  ctsMs,
  keyframe,
  payload: Buffer.alloc(0),
});

function gopOf(samples: readonly MediaSample[], bytes = 10): Gop {
  const gop = new Gop();
  for (const each of samples) gop.add({ sample: each, tagPayload: Buffer.alloc(bytes) });
  return gop;
}

/** I0 P3 B1 B2 of a source of 25 frames a second that reorders by two. */
const REORDERED = [sample(0, 80, true), sample(40, 160), sample(80, 40), sample(120, 40)];

describe('a group of pictures', () => {
  it('is replayed within the time of one frame, the last picture standing for the rest of it', () => {
    const replayed = gopOf([sample(0, 0, true), sample(40, 0), sample(80, 0)]).replay(1000, 1040);
    expect(replayed.map(({ sample: { dtsMs } }) => Number(dtsMs.toFixed(3)))).toEqual([1000, 1000.022, 1000.044]);
    expect(replayed.reduce((sum, { sample: { durationMs } }) => sum + durationMs!, 0)).toBeCloseTo(40, 9);
    expect(replayed.map(({ replay }) => replay)).toEqual([
      { sentMs: 0 },
      { sentMs: 40 },
      { sentMs: 80, presentationMs: 1000 },
    ]);
  });

  it('keeps its order of display', () => {
    const replayed = gopOf(REORDERED).replay(1000, 1040);
    const times = replayed.map(({ sample: { dtsMs, ctsMs } }) => Number((dtsMs + ctsMs).toFixed(3)));
    expect(times).toEqual([1080, 1080.067, 1080.022, 1080.044]);
    expect(replayed.map(({ replay }) => replay.presentationMs)).toEqual([undefined, 1080, undefined, undefined]);
  });

  it('ends before a picture that is displayed after all of it', () => {
    const gop = gopOf(REORDERED.slice(0, 2));
    expect(REORDERED.slice(2).map((each) => gop.endsBefore(each))).toEqual([false, false]);
    expect(gopOf(REORDERED).endsBefore(sample(160, 160))).toBe(true);
  });

  it('begins with a keyframe, and anew with each', () => {
    expect(gopOf([sample(0, 0), sample(40, 0)]).whole).toBe(false);
    const gop = gopOf([sample(0, 0, true), sample(40, 0), sample(80, 0, true), sample(120, 0)]);
    expect(gop.replay(0, 40)).toHaveLength(2);
    expect(gop.spanMs).toBe(40);
  });

  it('is given up beyond 300 pictures or 8 MiB', () => {
    const pictures = Array.from({ length: 301 }, (_, i) => sample(i * 40, 0, i === 0));
    expect(gopOf(pictures.slice(0, 300)).whole).toBe(true);
    expect(gopOf(pictures).whole).toBe(false);
    expect(gopOf(pictures.slice(0, 8), 1024 * 1024).whole).toBe(true);
    expect(gopOf(pictures.slice(0, 9), 1024 * 1024).whole).toBe(false);
  });
});
