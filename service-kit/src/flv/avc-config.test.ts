import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  audioKind,
  AUDIO_HEADER_BYTES,
  parseAacConfig,
  parseAvcConfig,
  videoKind,
  VIDEO_HEADER_BYTES,
} from './index.ts';

/** Payloads of the first video and audio sequence headers of a clip that ffmpeg makes. */
function sequenceHeaders(args: string[]): { video: Buffer; audio: Buffer } {
  const flv = execFileSync('ffmpeg', ['-v', 'error', ...args, '-f', 'flv', 'pipe:1']);
  const found: { video?: Buffer; audio?: Buffer } = {};
  for (let at = 13; at + 11 <= flv.length;) {
    const length = flv.readUIntBE(at + 1, 3);
    const payload = flv.subarray(at + 11, at + 11 + length);
    if (flv[at] === 9 && videoKind(payload) === 'sequence-header') found.video ??= payload;
    if (flv[at] === 8 && audioKind(payload) === 'sequence-header') found.audio ??= payload;
    at += 11 + length + 4;
  }
  return { video: found.video!, audio: found.audio! };
}

describe('sequence headers made by x264 and ffmpeg', () => {
  const headers = sequenceHeaders(
    '-f lavfi -i testsrc2=size=854x480:rate=25 -f lavfi -i sine=sample_rate=44100 -t 0.4 -c:v libx264 -profile:v main -level 3.1 -pix_fmt yuv420p -bf 2 -c:a aac -ac 2'.split(
      ' ',
    ),
  );

  it('tells size, cropping, profile and frame rate', () => {
    const config = parseAvcConfig(headers.video.subarray(VIDEO_HEADER_BYTES));
    expect(config).toMatchObject({
      codec: 'avc1.4d401f',
      profile: 'Main',
      level: 3.1,
      width: 854,
      height: 480,
      frameRate: 25,
      nalLengthBytes: 4,
    });
    expect(config?.sps.maxNumReorderFrames).toBe(2);
  });

  it('tells the sample rate and channels', () => {
    expect(parseAacConfig(headers.audio.subarray(AUDIO_HEADER_BYTES))).toMatchObject({
      codec: 'mp4a.40.2',
      sampleRate: 44100,
      channels: 2,
      samplesPerFrame: 1024,
    });
  });

  it('answers undefined to every truncation instead of throwing', () => {
    const record = headers.video.subarray(VIDEO_HEADER_BYTES);
    const parsed = Array.from({ length: record.length }, (_, n) => parseAvcConfig(record.subarray(0, n)));
    expect(parsed.slice(0, 12).every((config) => config === undefined)).toBe(true);
    expect(parseAacConfig(Buffer.alloc(0))).toBeUndefined();
    expect(parseAacConfig(Buffer.from([0xff, 0xff]))).toBeUndefined();
  });
});
