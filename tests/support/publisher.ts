import { spawn, type ChildProcess } from 'node:child_process';
import type { Exit } from './showrunner.ts';

export interface PictureOptions {
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number;
  /** Frames from one keyframe to the next. */
  readonly gop?: number;
  readonly videoKbps?: number;
  /** Fills the stream up to its bit rate even where the picture is easy. */
  readonly padded?: boolean;
  readonly bFrames?: number;
  readonly audio?: boolean;
  readonly video?: boolean;
  /** Ends by itself after so many seconds; else it goes on until stopped. */
  readonly seconds?: number;
}

/** An ffmpeg that publishes. */
export interface Publisher {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stderr(): string;
  /** Lets go at once, as a crash does. */
  kill(): Promise<Exit>;
  /** Says goodbye to the server (FCUnpublish, deleteStream), as OBS does on Stop Streaming. */
  stop(): Promise<Exit>;
}

/** H.264 as OBS sends it: closed GOPs of a fixed length, no scene cuts. Arguments of ffmpeg between input and output. */
function videoArgs(options: PictureOptions): string[] {
  const { gop = 60, videoKbps = 600, bFrames = 0, padded = false } = options;
  const args = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-profile:v', 'main'];
  // Tuned for no latency x264 turns B-frames off, so the two exclude one another.
  if (bFrames > 0) args.push('-bf', String(bFrames), '-x264-params', 'b-adapt=0');
  else args.push('-tune', 'zerolatency');
  args.push('-g', String(gop), '-keyint_min', String(gop), '-sc_threshold', '0');
  if (padded) args.push('-minrate', `${videoKbps}k`, '-x264-params', 'nal-hrd=cbr');
  return [...args, '-b:v', `${videoKbps}k`, '-maxrate', `${videoKbps}k`, '-bufsize', `${videoKbps}k`];
}

/** The whole command that pushes a moving test picture and a tone in real time. */
export function testPictureArgs(url: string, options: PictureOptions = {}): string[] {
  const { width = 320, height = 180, fps = 30, audio = true, video = true, seconds } = options;
  const args = ['-hide_banner', '-loglevel', 'info', '-nostdin'];
  if (video) args.push('-re', '-f', 'lavfi', '-i', `testsrc2=size=${width}x${height}:rate=${fps}`);
  if (audio) args.push('-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000');
  if (video) args.push(...videoArgs(options));
  if (audio) args.push('-c:a', 'aac', '-b:a', '96k', '-ac', '2');
  if (seconds !== undefined) args.push('-t', String(seconds));
  return [...args, '-f', 'flv', url];
}

export function startFfmpeg(args: readonly string[], input?: (child: ChildProcess) => void): Publisher {
  const child = spawn('ffmpeg', args, { stdio: [input ? 'pipe' : 'ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    // The progress lines of a long show need not be kept whole.
    stderr = (stderr + chunk.toString()).slice(-100_000);
  });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  input?.(child);
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    pid: child.pid ?? 0,
    exited,
    stderr: () => stderr,
    kill: () => end('SIGKILL'),
    stop: async () => {
      const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
      const exit = await end('SIGINT');
      clearTimeout(hard);
      return exit;
    },
  };
}

/** Pushes a test picture to `url` (`rtmp://host:port/app/key`). */
export function pushTestPicture(url: string, options: PictureOptions = {}): Publisher {
  return startFfmpeg(testPictureArgs(url, options));
}
