import { describe, expect, it } from 'vitest';
import type { StreamFacts } from '@showrunner/service-kit';
import type { ObservedShow } from './decide-status.ts';
import { ofAnotherPublisher, sourceFacts } from './source-facts.ts';

const before: ObservedShow = { state: 'live', startedAt: 0 };

function facts(video: Partial<NonNullable<StreamFacts['video']>> | undefined, audio = true): StreamFacts {
  return {
    onAirSince: '2026-01-02T03:04:05.000Z',
    publisherSince: '2026-01-02T03:04:05.000Z',
    video: video && {
      codec: 'avc1.64001f',
      profile: 'High',
      level: 3.1,
      width: 1280,
      height: 720,
      frameRate: undefined,
      nominalFrameRate: undefined,
      keyframeIntervalMs: undefined,
      bitrate: 2_600_000,
      bFrames: false,
      missingFrames: 0,
      ...video,
    },
    audio: audio
      ? { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2, bitrate: 128_000, missingFrames: 0 }
      : undefined,
    bitrate: 0,
    bitrateJitter: 0,
    audioVideoDriftMs: 0,
    arrivalDelayMs: 0,
    timestampJumps: 0,
  };
}

describe('sourceFacts', () => {
  it('says what the source is', () => {
    const found = sourceFacts(facts({ nominalFrameRate: 30_000 / 1_001, keyframeIntervalMs: 2_000 }), before);
    expect(found).toEqual({
      source: {
        video: 'avc1.64001f',
        width: 1280,
        height: 720,
        resolution: '1280x720',
        frameRate: 29.97,
        audio: 'mp4a.40.2',
      },
      keyframeIntervalSeconds: 2,
      hasBFrames: false,
    });
    expect(sourceFacts(facts(undefined), before).source).toEqual({ audio: 'mp4a.40.2' });
    expect(sourceFacts(facts({}, false), before).source).not.toHaveProperty('audio');
  });

  it('tells a measured frame rate, and another one when that has held', () => {
    let show = before;
    const told = (...rates: (number | undefined)[]) =>
      rates.map((frameRate) => {
        show = { ...show, ...sourceFacts(facts({ frameRate }), show) };
        return show.source?.frameRate;
      });
    expect(told(undefined, 0, 0.2, 29.8, 27.3, undefined)).toEqual([undefined, undefined, undefined, 30, 30, 30]);
    const nine = Array<number>(9).fill(15.2);
    // A stall, and what comes all at once after it.
    expect(new Set(told(...nine, 0, ...nine, 90, 60, 29.9))).toEqual(new Set([30]));
    expect(told(...nine, 14.8).at(-1)).toBe(15);
  });

  it('knows of B-frames that were seen, also where a sequence header is repeated', () => {
    const at = (bFrames: boolean, hasBFrames?: boolean) =>
      sourceFacts(facts({ bFrames }), { ...before, hasBFrames }).hasBFrames;
    expect([at(false), at(true, false), at(false, true)]).toEqual([false, true, true]);
    expect(ofAnotherPublisher({ ...before, hasBFrames: true }).hasBFrames).toBeUndefined();
  });

  it('counts the longest keyframe interval', () => {
    const at = (keyframeIntervalMs: number, known: number) =>
      sourceFacts(facts({ keyframeIntervalMs }), { ...before, keyframeIntervalSeconds: known }).keyframeIntervalSeconds;
    expect([at(1_200, 8), at(8_333, 2)]).toEqual([8, 8]);
  });
});
