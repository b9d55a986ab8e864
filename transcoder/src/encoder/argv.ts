import { KEYFRAME, TIME_CODES } from './picture-times.ts';
import { type LadderRung, type LadderSource, MAX_SOURCE_PIXELS } from './ladder.ts';

/** File descriptor of the first rung's pipe; the others follow. */
export const FIRST_PIPE = 3;
/** What a picture's time says of it (picture-times.ts), as an expression of ffmpeg's; `t` counts seconds. */
const TIME_CODE = `mod(round(t*1000),${TIME_CODES})`;
/** A keyframe comes where it is told; this is out of reach. */
const NEVER_BY_ITSELF = 1_000_000;

/** A source that turned from landscape to portrait in mid-show gets bars: a rung keeps its size. */
function scaler(rung: LadderRung, source: LadderSource): string {
  const size = `${rung.width}:${rung.height}`;
  const distortion = (source.width * rung.height) / (source.height * rung.width);
  if (Math.abs(distortion - 1) < 0.02) return `scale=${size}`;
  return `scale=${size}:force_original_aspect_ratio=decrease:force_divisible_by=2,pad=${size}:-1:-1`;
}

function filterGraph(rungs: readonly LadderRung[], source: LadderSource): string {
  const split = rungs.map((_, index) => `[s${index}]`).join('');
  const scales = rungs.map((rung, index) => `[s${index}]${scaler(rung, source)},format=yuv420p[v${index}]`);
  return [`[0:v:0]select='not(mod(${TIME_CODE},2))',split=${rungs.length}${split}`, ...scales].join(';');
}

function output(rung: LadderRung, index: number, threads: number): string[] {
  return [
    ...['-map', `[v${index}]`, '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency'],
    ...['-profile:v', 'high', '-level:v', (rung.levelIdc / 10).toFixed(1), '-bf', '0', '-threads', `${threads}`],
    // Behind a filter that drops pictures ffmpeg knows no frame rate, which x264 divides its bits by.
    ...['-x264-params', `fps=${rung.frameRate}`],
    ...['-b:v', `${rung.videoBitrate}`, '-maxrate', `${rung.maxBitrate}`, '-bufsize', `${rung.bufferBits}`],
    // The source's keyframes and no others, so that every rung can be switched at the same times.
    ...['-force_key_frames', `expr:eq(${TIME_CODE},${KEYFRAME})`, '-sc_threshold', '0', '-g', `${NEVER_BY_ITSELF}`],
    // One picture out for each one in, at its own millisecond.
    ...['-fps_mode', 'passthrough', '-enc_time_base', '1/1000', '-video_track_timescale', '1000'],
    // frag_discont and avoid_negative_ts: the first fragment says its real time instead of zero.
    ...['-movflags', 'frag_every_frame+empty_moov+default_base_moof+frag_discont'],
    ...['-avoid_negative_ts', 'disabled', '-flush_packets', '1', '-f', 'mp4', `pipe:${FIRST_PIPE + index}`],
  ];
}

/**
 * ffmpeg's arguments: FLV with H.264 on stdin, decoded once, encoded for each rung into fragmented MP4 on a pipe of
 * its own from `FIRST_PIPE` on. Sound is not given to it: the rungs take the source's own.
 *
 * Start-up hangs on two options: `-fpsprobesize 0` (else twenty pictures are read to guess a rate that nothing needs)
 * and `-analyzeduration 1` (else a source without sound is searched for it for five seconds). `nobuffer` makes both
 * vain. One decoder thread, because each further one holds back a picture.
 */
export function encoderArgv(rungs: readonly LadderRung[], source: LadderSource, threads: number): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'warning'],
    ...['-copyts', '-fpsprobesize', '0', '-analyzeduration', '1', '-max_pixels', `${MAX_SOURCE_PIXELS}`],
    ...['-threads', '1', '-protocol_whitelist', 'pipe', '-f', 'flv', '-i', 'pipe:0'],
    ...['-filter_complex_threads', '1', '-filter_complex', filterGraph(rungs, source)],
    ...rungs.flatMap((rung, index) => output(rung, index, threads)),
  ];
}
