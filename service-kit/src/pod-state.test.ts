import { describe, expect, it } from 'vitest';
import { type IngestState, ingestStateSchema, transcoderStateSchema } from './pod-state.ts';

const LIVE: IngestState = {
  state: 'live',
  onAirSince: '2026-11-21T20:00:00.000Z',
  facts: {
    onAirSince: '2026-11-21T20:00:00.000Z',
    publisherSince: '2026-11-21T20:05:00.000Z',
    video: {
      codec: 'avc1.64001f',
      profile: 'High',
      level: 3.1,
      width: 1280,
      height: 720,
      frameRate: undefined,
      nominalFrameRate: 30,
      keyframeIntervalMs: 2000,
      bitrate: 2_500_000,
      bFrames: false,
      missingFrames: 0,
    },
    audio: undefined,
    bitrate: 2_500_000,
    bitrateJitter: 1000.5,
    audioVideoDriftMs: -20,
    arrivalDelayMs: 3,
    timestampJumps: 0,
  },
};

describe('the state of a pod', () => {
  it('is read from its own JSON', () => {
    expect(ingestStateSchema.parse(JSON.parse(JSON.stringify(LIVE)))).toEqual(LIVE);
    expect(transcoderStateSchema.parse({ show: 'running', firstMediaSeconds: 0.4 })).toEqual({
      show: 'running',
      firstMediaSeconds: 0.4,
    });
  });

  it('may have fields of a later version, which are left out', () => {
    expect(ingestStateSchema.parse({ state: 'off', viewers: 3 })).toEqual({ state: 'off' });
  });

  it('is refused where it says nothing that is known', () => {
    expect(ingestStateSchema.safeParse({ state: 'asleep' }).success).toBe(false);
    expect(transcoderStateSchema.safeParse({}).success).toBe(false);
  });
});
