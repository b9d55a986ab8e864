import { parseAvcConfig } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { avcRecord } from '../../test/hand-made-h264.ts';
import { Rendition } from './rendition.ts';
import { SegmentPlan } from './segment-plan.ts';
import { segmentLimits } from './segmenter.ts';

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
  const lead = { firstMsn: 1000, programDateTimeMs: (clockMs: number) => clockMs };
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
});
