import { describe, expect, it } from 'vitest';
import { FLV_AUDIO, FLV_VIDEO } from '@showrunner/service-kit';
import { StreamMeter } from './stream-meter.ts';

const START = Date.parse('2026-11-21T12:00:00Z');
/** AudioSpecificConfig: AAC LC, 48 kHz, stereo. */
const AUDIO_HEADER = Buffer.from([0xaf, 0, 0x11, 0x90]);
/** An avcC of 320x180, Constrained Baseline 1.3, as x264 writes it. */
const VIDEO_HEADER = Buffer.from(
  '170000000001' + '42c00dffe1001967' + '42c00dd90141' + '9f9f0110000003001000000303c0f142998001000568cb83cb20',
  'hex',
);

function frame(kind: 'key' | 'inter', composition: number, bytes: number): Buffer {
  const payload = Buffer.alloc(bytes);
  payload[0] = kind === 'key' ? 0x17 : 0x27;
  payload[1] = 1;
  payload.writeIntBE(composition, 2, 3);
  return payload;
}

/** Seconds of 25 frames of 1000 bytes with a keyframe each second, and 50 sounds of 200 bytes; times may be bent. */
function meterAfter(
  seconds: number,
  bend: { composition?: (n: number) => number; timestamp?: (n: number) => number; skip?: (n: number) => boolean } = {},
): StreamMeter {
  const { composition = () => 0, timestamp = (n) => n * 40, skip = () => false } = bend;
  const meter = new StreamMeter(START, START);
  meter.measure({ type: FLV_VIDEO, timestamp: 0, payload: VIDEO_HEADER }, START);
  meter.measure({ type: FLV_AUDIO, timestamp: 0, payload: AUDIO_HEADER }, START);
  for (let n = 0; n <= seconds * 25; n++) {
    if (skip(n)) continue;
    const at = timestamp(n) >>> 0;
    const now = START + n * 40;
    const payload = frame(n % 25 === 0 ? 'key' : 'inter', composition(n), 1000);
    meter.measure({ type: FLV_VIDEO, timestamp: at, payload }, now);
    for (const ahead of [0, 20]) {
      const sound = Buffer.alloc(200, 0xaf);
      meter.measure({ type: FLV_AUDIO, timestamp: (at + ahead) >>> 0, payload: sound }, now);
    }
  }
  return meter;
}

describe('facts of a stream', () => {
  it('tells of a publisher that has fallen silent', () => {
    const meter = meterAfter(5);
    expect(meter.facts(START, START + 5_999).bitrate).toBeGreaterThan(200_000);
    meter.facts(START, START + 6_000);
    const silent = meter.facts(START, START + 7_000);
    expect([silent.bitrate, silent.video?.bitrate, silent.video?.frameRate]).toEqual([0, 0, 0]);
  });

  it('measures a steady stream', () => {
    expect(meterAfter(5).facts(START - 60_000, START)).toMatchObject({
      onAirSince: '2026-11-21T11:59:00.000Z',
      publisherSince: '2026-11-21T12:00:00.000Z',
      video: {
        codec: 'avc1.42c00d',
        frameRate: 25,
        keyframeIntervalMs: 1000,
        bitrate: 200_000,
        bFrames: false,
        missingFrames: 0,
      },
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2, bitrate: 80_000, missingFrames: 0 },
      bitrate: 280_000,
      bitrateJitter: 0,
      audioVideoDriftMs: 10,
      arrivalDelayMs: 0,
      timestampJumps: 0,
    });
  });

  it('sees B-frames by composition times that differ, negative ones too', () => {
    expect(meterAfter(1, { composition: (n) => [80, 0, -40][n % 3]! }).facts(START, START).video?.bFrames).toBe(true);
    expect(meterAfter(1, { composition: () => 80 }).facts(START, START).video?.bFrames).toBe(false);
  });

  it('counts missing frames', () => {
    expect(meterAfter(4, { skip: (n) => n === 50 || n === 51 }).facts(START, START).video?.missingFrames).toBe(2);
  });

  it('counts jumps, and takes a wrap of the clock for none', () => {
    expect(meterAfter(4, { timestamp: (n) => n * 40 + 2 ** 32 - 1000 }).facts(START, START)).toMatchObject({
      timestampJumps: 0,
      video: { frameRate: 25, keyframeIntervalMs: 1000 },
    });
    const jumped = meterAfter(4, { timestamp: (n) => n * 40 + (n > 50 ? 60_000 : 0) }).facts(START, START);
    expect([jumped.timestampJumps, jumped.video?.frameRate, jumped.arrivalDelayMs]).toEqual([2, 25, 0]);
  });

  it('takes pictures that are older than the sound before them for late by that much', () => {
    const meter = new StreamMeter(START, START);
    meter.measure({ type: FLV_AUDIO, timestamp: 100, payload: Buffer.alloc(200, 0xaf) }, START);
    meter.measure({ type: FLV_VIDEO, timestamp: 60, payload: frame('key', 0, 10) }, START);
    expect(meter.facts(START, START).arrivalDelayMs).toBe(40);
    for (const timestamp of [100, 140]) {
      meter.measure({ type: FLV_VIDEO, timestamp, payload: frame('inter', 0, 10) }, START + timestamp - 100);
    }
    expect(meter.facts(START, START).arrivalDelayMs).toBe(0);
  });

  it('tells how late media comes', () => {
    const meter = meterAfter(2);
    meter.measure({ type: FLV_VIDEO, timestamp: 2040, payload: frame('inter', 0, 10) }, START + 2040 + 700);
    expect(meter.facts(START, START).arrivalDelayMs).toBeGreaterThan(690);
    expect(meter.facts(START, START).arrivalDelayMs).toBeLessThanOrEqual(700);
  });
});
