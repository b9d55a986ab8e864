import { execFileSync } from 'node:child_process';
import type { FlvTag } from '@showrunner/service-kit';

export interface ClipOptions {
  readonly seconds: number;
  readonly fps?: number;
  /** Frames between keyframes. */
  readonly gop?: number;
  /** Seconds at which keyframes come besides. */
  readonly keyframesAt?: readonly number[];
  readonly size?: string;
  readonly bFrames?: number;
  readonly video?: boolean;
  readonly audio?: boolean;
}

const FILE_HEADER_BYTES = 13;
const TAG_HEADER_BYTES = 11;
const TAG_TRAILER_BYTES = 4;

/** The tags of a test picture with a tone, made by ffmpeg. */
export function makeClip(options: ClipOptions): FlvTag[] {
  const { seconds, fps = 30, gop = fps * 2, size = '320x180', bFrames = 0, video = true, audio = true } = options;
  const { keyframesAt = [] } = options;
  const args = ['-v', 'error'];
  if (video) args.push('-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`);
  if (audio) args.push('-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000');
  args.push('-t', String(seconds));
  if (video) {
    args.push('-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', String(gop));
    args.push('-bf', String(bFrames), '-sc_threshold', '0', '-threads', '1');
    if (keyframesAt.length > 0) args.push('-force_key_frames', keyframesAt.join(','));
  }
  if (audio) args.push('-c:a', 'aac', '-b:a', '64k', '-ac', '2');
  args.push('-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1');
  return demux(execFileSync('ffmpeg', args, { maxBuffer: 1 << 28 }));
}

/** Pictures are missing, every seventh by default; the stamps of the others jitter by up to 8 ms. */
export function irregular(tags: readonly FlvTag[], isMissing = (picture: number) => picture % 7 === 0): FlvTag[] {
  let pictures = 0;
  return tags.flatMap((tag) => {
    if (tag.type !== 9) return [tag];
    pictures++;
    const jitter = tag.timestamp < 100 ? 0 : (pictures * 5) % 9;
    return isMissing(pictures) && tag.payload[0] !== 0x17 ? [] : [{ ...tag, timestamp: tag.timestamp + jitter }];
  });
}

function demux(flv: Buffer): FlvTag[] {
  const tags: FlvTag[] = [];
  for (let at = FILE_HEADER_BYTES; at + TAG_HEADER_BYTES <= flv.length;) {
    const length = flv.readUIntBE(at + 1, 3);
    const timestamp = flv.readUIntBE(at + 4, 3) + flv[at + 7]! * 0x1000000;
    const start = at + TAG_HEADER_BYTES;
    tags.push({ type: flv[at] as FlvTag['type'], timestamp, payload: flv.subarray(start, start + length) });
    at = start + length + TAG_TRAILER_BYTES;
  }
  return tags;
}
