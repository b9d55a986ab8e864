import { parseAacConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { avcRecord } from '../../test/hand-made-h264.ts';
import { Rendition } from './rendition.ts';
import { SegmentPlan } from './segment-plan.ts';
import { segmentLimits } from './segmenter.ts';

const FRAME_MS = 1000 / 30;
const AUDIO_FRAME_MS = 1024 / 48;
const AUDIO = parseAacConfig(Buffer.from([0x11, 0x90]))!;
const VIDEO = parseAvcConfig(avcRecord())!;

/** A source of pictures, and a rung that follows it. */
function pairOf({ maxBytes = 1e8 } = {}) {
  const plan = new SegmentPlan();
  const common = {
    partDurationMs: 200,
    limits: segmentLimits(2000),
    window: { listedS: 14, retiredS: 8, maxBytes },
    plan,
    changed: () => undefined,
  };
  const lead = {
    firstMsn: 1000,
    firstDiscontinuitySequence: 0,
    continuesOthers: false,
    programDateTimeMs: (clockMs: number) => clockMs,
  };
  const source = new Rendition({ ...common, name: 'source', lead });
  const rung = new Rendition({ ...common, name: '360p' });
  for (const rendition of [source, rung]) rendition.setConfig({ video: VIDEO });
  return { source, rung, plan };
}

describe('Rendition', () => {
  it('keeps within its bytes where stamps hardly move and frames are large', () => {
    const { source } = pairOf({ maxBytes: 64e6 });
    const payload = Buffer.alloc(1e6);
    let most = 0;
    for (let i = 0; i < 1500; i++) {
      source.push({ track: 'video', dtsMs: 1000 + i, ctsMs: 0, keyframe: i % 250 === 0, payload });
      most = Math.max(most, source.window.byteLength);
    }
    expect(most).toBeGreaterThan(40e6);
    expect(most).toBeLessThan(75e6);
    expect(source.window.segments.length).toBeGreaterThan(1);
  });

  it('puts sound whose picture is missing into segments of its own, not into one that is complete', () => {
    const { source } = pairOf();
    source.setConfig({ video: VIDEO, audio: AUDIO });
    const payload = Buffer.alloc(100);
    for (let i = 0; i < 60; i++) {
      source.push({ track: 'video', dtsMs: 1000 + i * FRAME_MS, ctsMs: 0, keyframe: i === 0, payload });
    }
    const first = source.window.segments[0]!;
    expect([first.complete, first.parts.length, first.startMs]).toEqual([true, 10, 1000]);
    for (let dtsMs = 1000; dtsMs < 5300; dtsMs += AUDIO_FRAME_MS) {
      source.push({ track: 'audio', dtsMs, ctsMs: 0, keyframe: true, payload });
    }
    const second = source.window.segments[1]!;
    expect(first.parts.length).toBe(10);
    expect(second.parts.length).toBeGreaterThan(5);
    expect([second.startMs, second.programDateTimeMs].map(Math.round)).toEqual([3000, 3000]);
  });

  it.each([5000, -5000])('lets a keyframe with a composition time of %i ms harm no rung for long', (ctsMs) => {
    const { source, rung, plan } = pairOf();
    const payload = Buffer.alloc(100);
    for (let i = 0; i < 30 * 30; i++) {
      const common = { track: 'video', dtsMs: 10_000 + i * FRAME_MS, keyframe: i % 60 === 0, payload } as const;
      source.push({ ...common, ctsMs: i === 300 ? ctsMs : 0 });
      // An encoder that dropped pictures for a while leaves gaps.
      if (i < 290 || i >= 420) rung.push({ ...common, ctsMs: 0 });
    }
    const starts = Array.from({ length: 15 }, (_, n) => plan.get(1000 + n)!.startMs);
    expect(starts.every((start, n) => n === 0 || start > starts[n - 1]!)).toBe(true);
    const durations = rung.window.segments.map(({ duration }) => duration);
    expect(Math.min(...durations)).toBeGreaterThan(0);
    expect(Math.max(...rung.window.segments.filter(({ gap }) => gap).map(({ duration }) => duration))).toBeLessThan(
      2.5,
    );
    expect(rung.window.last?.msn).toBe(source.window.last?.msn);
    for (const duration of durations.slice(-4, -1)) expect(duration).toBeCloseTo(2, 6);
  });
});
