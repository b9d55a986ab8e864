import { execFileSync } from 'node:child_process';
import type { FlvTag } from '@showrunner/service-kit';

/** A clip made by ffmpeg as FLV tags, script tags left out. */
export function makeClip(args: readonly string[]): FlvTag[] {
  const flv = execFileSync('ffmpeg', ['-v', 'error', ...args, '-f', 'flv', 'pipe:1'], { maxBuffer: 2 ** 28 });
  const tags: FlvTag[] = [];
  for (let at = 13; at + 11 <= flv.length;) {
    const length = flv.readUIntBE(at + 1, 3);
    const type = flv[at];
    const timestamp = flv.readUIntBE(at + 4, 3) + flv[at + 7]! * 2 ** 24;
    const payload = flv.subarray(at + 11, at + 11 + length);
    if (type === 8 || type === 9) tags.push({ type, timestamp, payload });
    at += 11 + length + 4;
  }
  return tags;
}

/** Arguments for a moving picture with a tone. */
export function testPicture(options: { size: string; frameRate: number; seconds: number; audio?: boolean }): string[] {
  const { size, frameRate, seconds, audio = true } = options;
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${frameRate}`],
    ...(audio ? ['-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-c:a', 'aac', '-b:a', '96k'] : []),
    ...['-t', `${seconds}`, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
  ];
}
