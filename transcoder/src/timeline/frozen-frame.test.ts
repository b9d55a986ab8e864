import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { type AvcConfig, parseAvcConfig, VIDEO_HEADER_BYTES, videoKind } from '@showrunner/service-kit/flv';
import { describe, expect, it } from 'vitest';
import { avcRecord, type HandMadeStream, picture } from '../../test/hand-made-h264.ts';
import { makeFrozenFrame } from './frozen-frame.ts';

const WIDTH = 200;
const HEIGHT = 120;

/** A clip's config and frames, in decode order, with its own B-frames complete. */
function encode(args: readonly string[], frames = 30): { config: AvcConfig; frames: Buffer[] } {
  const flv = execFileSync('ffmpeg', [
    ...[
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      `testsrc2=s=${WIDTH}x${HEIGHT}:r=25,fade=t=in:d=1`,
      '-frames:v',
      `${frames}`,
    ],
    ...['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-g', '250', ...args, '-f', 'flv', 'pipe:1'],
  ]);
  const payloads: Buffer[] = [];
  for (let at = 13; at + 11 <= flv.length;) {
    const length = flv.readUIntBE(at + 1, 3);
    if (flv[at] === 9) payloads.push(flv.subarray(at + 11, at + 11 + length));
    at += 11 + length + 4;
  }
  const body = (payload: Buffer) => payload.subarray(VIDEO_HEADER_BYTES);
  return {
    config: parseAvcConfig(body(payloads.find((payload) => videoKind(payload) === 'sequence-header')!))!,
    frames: payloads.filter((payload) => ['keyframe', 'frame'].includes(videoKind(payload))).map(body),
  };
}

/** Hashes of the pictures that ffmpeg shows, and what it complains of. */
function decode(config: AvcConfig, frames: readonly Buffer[]): { pictures: string[]; errors: string } {
  const startCode = Buffer.from([0, 0, 0, 1]);
  const units = [...config.spsUnits, ...config.ppsUnits];
  for (const frame of frames) {
    for (let at = 0; at < frame.length;) {
      const length = frame.readUInt32BE(at);
      units.push(frame.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
  }
  const annexB = Buffer.concat(units.flatMap((unit) => [startCode, unit]));
  const args = [
    '-v',
    'warning',
    '-f',
    'h264',
    '-i',
    'pipe:0',
    '-fps_mode',
    'passthrough',
    '-pix_fmt',
    'yuv420p',
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  const { stdout, stderr } = spawnSync('ffmpeg', args, { input: annexB, maxBuffer: 2 ** 28 });
  const size = (WIDTH * HEIGHT * 3) / 2;
  const pictures = Array.from({ length: stdout.length / size }, (_, index) =>
    createHash('sha1')
      .update(stdout.subarray(index * size, (index + 1) * size))
      .digest('hex'),
  );
  return { pictures, errors: stderr.toString() };
}

const X264: Record<string, string[]> = {
  'CAVLC, baseline': ['-profile:v', 'baseline'],
  'CAVLC, one reference, no deblocking': [
    '-profile:v',
    'main',
    '-coder',
    '0',
    '-refs',
    '1',
    '-bf',
    '0',
    '-x264-params',
    'no-deblock=1',
  ],
  'CABAC, zerolatency': ['-preset', 'veryfast', '-tune', 'zerolatency'],
  'CABAC, weightp 2, four references': ['-bf', '0', '-refs', '4', '-x264-params', 'weightp=2'],
  'CABAC, weightp 0': ['-bf', '0', '-x264-params', 'weightp=0'],
  'CABAC, B-frames': ['-bf', '3', '-x264-params', 'b-pyramid=none:b-adapt=0'],
  'CABAC, B-pyramid': ['-bf', '3', '-refs', '4', '-x264-params', 'b-pyramid=normal:b-adapt=0'],
  'CAVLC, B-pyramid, weightp 1': ['-coder', '0', '-bf', '3', '-x264-params', 'b-pyramid=normal:b-adapt=0:weightp=1'],
  'constant qp 8': ['-qp', '8', '-bf', '0'],
  'constant qp 45': ['-qp', '45', '-bf', '0'],
  '4:4:4': ['-pix_fmt', 'yuv444p', '-bf', '0'],
  'four slices': ['-slices', '4', '-bf', '0'],
};

describe('makeFrozenFrame', () => {
  it.each(Object.entries(X264))('leaves the screen as it is: %s', (name, args) => {
    const { config, frames } = encode(args);
    for (const count of name.includes('B-') ? [30, 29, 28, 27, 26] : [30, 1]) {
      const shown = frames.slice(0, count);
      const before = decode(config, shown);
      const frozen = makeFrozenFrame(config, shown)!;
      const more = Array.from({ length: 40 }, (_, n) => frozen(n));
      const after = decode(config, [...shown, ...more]);
      expect(after.errors).toBe('');
      expect(after.pictures.slice(0, count)).toEqual(before.pictures);
      const last = after.pictures[count - 1];
      expect(after.pictures.slice(count)).toEqual(Array.from({ length: 40 }, () => last));
    }
  });

  it('needs no more than the last pictures', () => {
    const { config, frames } = encode(['-bf', '0']);
    expect(makeFrozenFrame(config, frames.slice(-2))!(0)).toEqual(makeFrozenFrame(config, frames)!(0));
  });

  it('goes on for minutes, and an IDR picture follows without complaint', () => {
    const { config, frames } = encode(['-preset', 'ultrafast', '-bf', '2'], 10);
    const frozen = makeFrozenFrame(config, frames)!;
    const more = Array.from({ length: 1_500 }, (_, n) => frozen(n));
    const { pictures, errors } = decode(config, [...frames, ...more, ...frames]);
    expect(errors).toBe('');
    expect(pictures.length).toBe(1_520);
    expect(new Set(pictures.slice(9, 1_510)).size).toBe(1);
    expect(pictures.slice(1_510)).toEqual(pictures.slice(0, 10));
  });

  it('costs a few bytes', () => {
    const cabac = encode(['-bf', '0'], 3);
    const cavlc = encode(['-coder', '0', '-bf', '0'], 3);
    const bytes = [cabac, cavlc].map(({ config, frames }) => makeFrozenFrame(config, frames)!(0).length);
    expect(Math.max(...bytes)).toBeLessThan(40);
  });

  it('refuses what it cannot continue', () => {
    const { config, frames } = encode(['-bf', '0'], 3);
    const interlaced = encode(['-flags', '+ildct+ilme', '-bf', '0'], 3);
    const other = encode(['-bf', '0', '-refs', '2', '-coder', '0'], 3);
    const [pps] = other.config.ppsUnits;
    const inBand = Buffer.concat([Buffer.from([0, 0, 0, pps!.length]), pps!, frames[2]!]);
    expect(makeFrozenFrame(interlaced.config, interlaced.frames)).toBeUndefined();
    expect(makeFrozenFrame(config, [])).toBeUndefined();
    expect(makeFrozenFrame(config, [frames[0]!, frames[1]!.subarray(0, 9)])).toBeUndefined();
    expect(makeFrozenFrame(config, [frames[0]!, Buffer.from([0, 0, 0, 2, 0x41, 0])])).toBeUndefined();
    expect(makeFrozenFrame(config, [frames[0]!, frames[1]!, inBand])).toBeUndefined();
  });

  it('refuses what would become too long for its length field, or too large', () => {
    const frozenOf = (stream: HandMadeStream) =>
      makeFrozenFrame(parseAvcConfig(avcRecord(stream))!, [picture(stream, { idr: true })]);
    expect(frozenOf({ nalLengthBytes: 1 })).toBeUndefined();
    expect(frozenOf({ widthInMbs: 256, heightInMbs: 145 })).toBeUndefined();
    const largest = frozenOf({ nalLengthBytes: 2, widthInMbs: 256, heightInMbs: 144, initialQp: 0 })!;
    expect(Math.max(...[0, 1, 2, 14, 15].map((n) => largest(n).length))).toBeLessThan(600);
  });

  it.each<HandMadeStream>([
    { log2MaxFrameNum: 17 },
    { log2MaxFrameNum: 48 },
    { maxNumRefFrames: 17 },
    { widthInMbs: 1000, heightInMbs: 140 },
  ])('is never asked for what H.264 does not allow: %j', (stream) => {
    expect(parseAvcConfig(avcRecord(stream))).toBeUndefined();
  });
});
