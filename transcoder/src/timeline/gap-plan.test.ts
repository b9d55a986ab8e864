import { describe, expect, it } from 'vitest';
import { nextLookMs, planFill, type GapState } from './gap-plan.ts';

const state = (changes: Partial<GapState>): GapState => ({
  nowMs: 10_000,
  publishedAtMs: 10_000,
  publishedToMs: 4_000,
  partMs: 200,
  patienceMs: 480,
  endMs: { video: 4_100, audio: 4_090 },
  filling: new Set(),
  ...changes,
});

describe('planFill', () => {
  it('does nothing while parts are published in time', () => {
    expect(planFill(state({ nowMs: 10_470 }))).toEqual([]);
    expect(nextLookMs(state({ nowMs: 10_470 }))).toBe(10);
  });

  it('brings both tracks up to the clock once it was silent for long', () => {
    expect(planFill(state({ nowMs: 10_480 }))).toEqual([
      { track: 'audio', fromMs: 4_090, toMs: 4_480 },
      { track: 'video', fromMs: 4_100, toMs: 4_480 },
    ]);
  });

  it('fills the track that lacks and leaves the other alone', () => {
    const audioGoesOn = state({ nowMs: 10_480, endMs: { video: 4_100, audio: 4_470 } });
    expect(planFill(audioGoesOn)).toEqual([{ track: 'video', fromMs: 4_100, toMs: 4_480 }]);
  });

  it('keeps the pace of the clock once it has begun', () => {
    const filling = state({ nowMs: 10_680, endMs: { video: 4_480, audio: 4_660 }, filling: new Set(['video']) });
    expect(planFill(filling)).toEqual([{ track: 'video', fromMs: 4_480, toMs: 4_680 }]);
    expect(nextLookMs(filling)).toBe(200);
  });

  it('takes no more than two parts at a time, and looks again soon while it lags', () => {
    const afterStandstill = state({ nowMs: 15_000, filling: new Set(['video', 'audio']) });
    expect(planFill(afterStandstill)).toEqual([
      { track: 'audio', fromMs: 4_090, toMs: 4_490 },
      { track: 'video', fromMs: 4_100, toMs: 4_500 },
    ]);
    expect(nextLookMs(afterStandstill)).toBe(10);
  });
});
