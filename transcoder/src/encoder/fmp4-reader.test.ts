import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Fmp4Event, Fmp4Reader } from './fmp4-reader.ts';

/** Two pictures a fragment or one, as the muxer is told. */
function movie(flags: string): Buffer {
  return execFileSync('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=25', '-frames:v', '12', '-c:v', 'libx264'],
    ...['-pix_fmt', 'yuv420p', '-g', '5', '-bf', '0', '-tune', 'zerolatency', '-video_track_timescale', '1000'],
    ...['-movflags', `empty_moov+default_base_moof+${flags}`, '-f', 'mp4', 'pipe:1'],
  ]);
}

function read(chunks: Iterable<Buffer>): Fmp4Event[] {
  const reader = new Fmp4Reader();
  return [...chunks].flatMap((chunk) => reader.push(chunk));
}

function* pieces(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function summary(events: readonly Fmp4Event[]): string[] {
  return events.map((event) => {
    if (event.type === 'track') return `${event.track.config.width}x${event.track.config.height}`;
    if (event.type === 'malformed') return event.reason;
    return `${event.picture.dtsMs}${event.picture.keyframe ? ' key' : ''}`;
  });
}

const TIMES = ['0 key', '40', '80', '120', '160', '200 key', '240', '280', '320', '360', '400 key', '440'];

describe('Fmp4Reader', () => {
  const whole = movie('frag_every_frame');

  it('reads every picture with its time, whatever a fragment holds', () => {
    expect(summary(read([whole]))).toEqual(['160x120', ...TIMES]);
    expect(summary(read([movie('frag_keyframe')]))).toEqual(['160x120', ...TIMES]);
  });

  it.each([1, 2, 7, 8, 9, 100, 1000, 4096])('gives the same for pieces of %d bytes', (size) => {
    expect(read(pieces(whole, size))).toEqual(read([whole]));
  });

  it('does not copy a payload that came in one piece', () => {
    const pictures = read([whole]).filter((event) => event.type === 'picture');
    expect(pictures.every(({ picture }) => picture.payload.buffer === whole.buffer)).toBe(true);
  });

  it('refuses boxes that are too large or too small, and reads nothing after', () => {
    const huge = Buffer.from('7fffffff6d646174', 'hex');
    const reader = new Fmp4Reader();
    expect(summary(reader.push(huge))).toEqual(['A box of 2147483647 bytes came where 8 to 33554432 are allowed.']);
    expect(reader.push(whole)).toEqual([]);
    expect(summary(read([Buffer.from('000000076d6f6f76', 'hex')]))[0]).toContain('A box of 7 bytes');
    expect(summary(read([Buffer.from('000000086d646174', 'hex')]))).toEqual([
      'An mdat box came before its moov or moof box.',
    ]);
  });

  it('answers damage with at most one error and never throws', () => {
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 2_000; round++) {
      const damaged = Buffer.from(whole.subarray(0, 3_000 + random(3_000)));
      for (let flip = random(4); flip >= 0; flip--) damaged[random(damaged.length)]! ^= 1 << random(8);
      const malformed = read(pieces(damaged, 1 + random(2_000))).filter((event) => event.type === 'malformed');
      expect(malformed.length).toBeLessThanOrEqual(1);
    }
  });
});
