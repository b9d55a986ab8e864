import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startFfmpeg, type Publisher } from '@showrunner/tests/support';
import { say } from './report.ts';

const SECONDS = 30;

/** An FLV file encoded once, so that pushing it costs next to nothing. Kept in the temporary folder between runs. */
export async function encodeShow(options: { height?: number; kbps?: number } = {}): Promise<string> {
  const { height = 720, kbps = 2_500 } = options;
  const folder = join(tmpdir(), 'showrunner-bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${height}p30-${kbps}k.flv`);
  if (existsSync(file)) return file;
  say(`encoding ${SECONDS} s of ${height}p30 at ${kbps} kbit/s, once`);
  const partial = `${file}.${process.pid}.partial`;
  const rate = `${kbps}k`;
  const video = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '60', '-keyint_min', '60'];
  await promisify(execFile)('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=size=${(height * 16) / 9}x${height}:rate=30,noise=alls=12:allf=t`],
    ...['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-t', String(SECONDS)],
    // Constant, as streamers are told to set it.
    ...[...video, '-sc_threshold', '0', '-bf', '0', '-b:v', rate, '-minrate', rate, '-maxrate', rate, '-bufsize', rate],
    ...['-x264-params', 'nal-hrd=cbr', '-c:a', 'aac', '-b:a', '128k', '-ac', '2', '-f', 'flv', partial],
  ]);
  renameSync(partial, file);
  return file;
}

/** Pushes a file in real time, over and over. */
export function pushFile(file: string, url: string, options: { audio?: boolean } = {}): Publisher {
  const streams = options.audio === false ? ['-an', '-c:v', 'copy'] : ['-c', 'copy'];
  return startFfmpeg([
    ...['-nostdin', '-hide_banner', '-loglevel', 'error', '-re', '-stream_loop', '-1', '-i', file],
    ...[...streams, '-f', 'flv', url],
  ]);
}
