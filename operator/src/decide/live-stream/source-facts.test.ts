import { describe, expect, it } from 'vitest';
import type { StreamFacts } from '@showrunner/service-kit';
import type { ObservedShow } from './decide-status.ts';
import { sourceFacts } from './source-facts.ts';

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
      source: { video: 'avc1.64001f', width: 1280, height: 720, frameRate: 29.97, audio: 'mp4a.40.2' },
      keyframeIntervalSeconds: 2,
      hasBFrames: false,
    });
    expect(sourceFacts(facts(undefined), before).source).toEqual({ audio: 'mp4a.40.2' });
    expect(sourceFacts(facts({}, false), before).source).not.toHaveProperty('audio');
  });

  it('keeps a measured frame rate while it only wavers', () => {
    const at = (frameRate: number | undefined, known?: number) =>
      sourceFacts(facts({ frameRate }), { ...before, source: known === undefined ? undefined : { frameRate: known } })
        .source?.frameRate;
    expect([at(29.8), at(27.3, 30), at(undefined, 30), at(15.2, 30), at(undefined)]).toEqual([
      30,
      30,
      30,
      15,
      undefined,
    ]);
  });

  it('counts the longest keyframe interval', () => {
    const at = (keyframeIntervalMs: number, known: number) =>
      sourceFacts(facts({ keyframeIntervalMs }), { ...before, keyframeIntervalSeconds: known }).keyframeIntervalSeconds;
    expect([at(1_200, 8), at(8_333, 2)]).toEqual([8, 8]);
  });
});
