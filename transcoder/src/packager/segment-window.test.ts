import { describe, expect, it } from 'vitest';
import { Part } from './part.ts';
import { SegmentWindow } from './segment-window.ts';

const start = (msn: number) => ({
  msn,
  startMs: msn * 2000,
  discontinuity: false,
  discontinuitySequence: 0,
  programDateTimeMs: 0,
});

function filled(count: number, map = (_msn: number) => 'a', { duration = 2, maxBytes = 1e6 } = {}): SegmentWindow {
  const window = new SegmentWindow({ listedS: 6, retiredS: 4, maxBytes });
  for (let msn = 0; msn < count; msn++) {
    window.addMap(map(msn), Buffer.from(map(msn)));
    window.begin(start(msn), map(msn));
    const facts = { duration, independent: true, videoSamples: 60, audioSamples: 0 };
    window.append(new Part([Buffer.alloc(10)], facts), true);
    window.complete();
  }
  return window;
}

describe('SegmentWindow', () => {
  it('lists what was wanted at least, and keeps what left the playlist for a while', () => {
    const window = filled(10);
    expect(window.segments.map(({ msn }) => msn)).toEqual([7, 8, 9]);
    expect([4, 5, 6, 7, 9, 10].map((msn) => window.segment(msn)?.msn)).toEqual([undefined, 5, 6, 7, 9, undefined]);
  });

  it('forgets maps that no segment refers to', () => {
    const window = filled(10, (msn) => (msn < 5 ? 'a' : msn < 9 ? 'b' : 'c'));
    expect(['a', 'b', 'c'].map((name) => window.map(name)?.toString())).toEqual([undefined, 'b', 'c']);
  });

  it('says that a segment is a gap where each of its parts is one, and no sooner', () => {
    const window = filled(1);
    const facts = { duration: 1, independent: false, videoSamples: 0, audioSamples: 0 };
    const gaps = [
      [false, true],
      [true, true],
    ].map((parts, index) => {
      window.begin(start(index + 1), 'a');
      for (const gap of parts) window.append(new Part(gap ? [] : [Buffer.alloc(10)], facts), false);
      const before = window.last?.gap;
      window.complete();
      return [before, window.last?.gap];
    });
    expect(gaps).toEqual([
      [false, false],
      [false, true],
    ]);
  });

  it('counts every change', () => {
    const window = filled(1);
    const before = window.version;
    window.complete();
    expect(window.version).toBe(before);
    window.end();
    expect(window.version).toBeGreaterThan(before);
    expect(window.ended).toBe(true);
  });

  it('keeps no more than a fixed number of segments, however short they are', () => {
    const window = filled(10_000, (msn) => `${msn}`, { duration: 0.001 });
    expect(window.segments.length).toBe(128);
    const kept = Array.from({ length: 10_000 }, (_, msn) => window.segment(msn)).filter((segment) => segment);
    expect(kept.length).toBe(256);
    expect(window.map('9743')).toBeUndefined();
    expect(window.map('9744')?.toString()).toBe('9744');
  });

  it('lets the oldest leave early where they are too large, and counts what it holds', () => {
    const window = filled(10, () => 'a', { maxBytes: 31 });
    expect(window.segments.map(({ msn }) => msn)).toEqual([7, 8, 9]);
    expect(window.segment(6)).toBeUndefined();
    expect(window.byteLength).toBe(31);
    const tiny = filled(10, () => 'a', { maxBytes: 5 });
    expect(tiny.segments.map(({ msn }) => msn)).toEqual([9]);
    expect(tiny.byteLength).toBe(11);
  });
});
