import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { silentAacFrame } from './silent-aac.ts';

/** One frame with an ADTS header (ISO/IEC 14496-3 section 1.A.2.2) for 48 kHz AAC-LC. */
function adts(channelConfiguration: number, frame: Buffer): Buffer {
  const length = frame.length + 7;
  return Buffer.concat([
    Buffer.from([
      0xff,
      0xf1,
      (1 << 6) | (3 << 2) | (channelConfiguration >> 2),
      ((channelConfiguration & 3) << 6) | (length >> 11),
      (length >> 3) & 0xff,
      ((length & 7) << 5) | 0x1f,
      0xfc,
    ]),
    frame,
  ]);
}

it.each([
  [1, 1],
  [2, 2],
  [3, 3],
  [4, 4],
  [5, 5],
  [6, 6],
  [8, 7],
])('%i channels of silence decode to silence', (channels, channelConfiguration) => {
  const frame = adts(channelConfiguration, silentAacFrame(channels)!);
  const pcm = execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-f', 'aac', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], {
    input: Buffer.concat(Array.from({ length: 10 }, () => frame)),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  expect(pcm.length).toBe(10 * 1024 * channels * 2);
  expect(pcm.every((byte) => byte === 0)).toBe(true);
});

it('has no silence for other layouts', () => {
  expect(silentAacFrame(7)).toBeUndefined();
});
