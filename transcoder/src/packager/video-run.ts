import { VIDEO_TIMESCALE } from '../boxes/init-segment.ts';
import type { VideoRun, VideoSampleEntry } from '../boxes/part-header.ts';
import type { MediaSample } from './media-sample.ts';

const TICKS_PER_MS = VIDEO_TIMESCALE / 1000;
/** Beyond this a first frame is not bent to follow the part before: there is a hole. */
export const HOLE_TICKS = 500 * TICKS_PER_MS;
/** An even grid is used only as long as it lies this close to the stamps. */
const GRID_TOLERANCE = 10 * TICKS_PER_MS;
/** The grid is moved towards the stamps by at most this per part, and not at all for rounding errors. */
const GRID_STEP = 2 * TICKS_PER_MS;
const ROUNDING = TICKS_PER_MS;

export function toTicks(ms: number): number {
  return Math.max(0, Math.round(ms * TICKS_PER_MS));
}

/** Decode time of a first frame, in ticks: the end of the part before, except behind a hole. */
export function startOfRun(stamp: number, previousEnd: number | undefined): number {
  return previousEnd === undefined || stamp - previousEnd > HOLE_TICKS ? stamp : previousEnd;
}

function compositionTicks(ctsMs: number, nominal: number): number {
  const ticks = Math.round(ctsMs * TICKS_PER_MS);
  const onGrid = Math.round(ticks / nominal) * nominal;
  return Math.abs(ticks - onGrid) <= ROUNDING ? Math.round(onGrid) : ticks;
}

/**
 * Gives the frames of one part their decode times, in ticks of 1/90000 s, so that parts follow each other without a
 * hole. A steady source gets an even grid that is held to its stamps; any other keeps its stamps as presentation times.
 *
 * @param previousEnd Where the part before ended; `undefined` for the first.
 * @param nextStamp Decode time of the frame after these, where it is known.
 * @param nominal Ticks a frame lasts.
 */
export function layOutVideo(
  frames: readonly MediaSample[],
  previousEnd: number | undefined,
  nextStamp: number | undefined,
  nominal: number,
  steady: boolean,
): { run: VideoRun; end: number } {
  const first = toTicks(frames[0]!.dtsMs);
  const base = startOfRun(first, previousEnd);
  const error = first - (previousEnd ?? first);
  const held = nextStamp === undefined ? 0 : nextStamp - (first + frames.length * nominal);
  const evenly = steady && Math.abs(error) <= GRID_TOLERANCE && held <= GRID_TOLERANCE;
  return evenly ? onGrid(frames, base, error, nominal) : asStamped(frames, base, nextStamp, nominal);
}

function onGrid(frames: readonly MediaSample[], base: number, error: number, nominal: number) {
  const step = Math.abs(error) <= ROUNDING ? 0 : Math.max(-GRID_STEP, Math.min(GRID_STEP, error));
  const interval = nominal + step / frames.length;
  const samples: VideoSampleEntry[] = [];
  for (const [i, frame] of frames.entries()) {
    const start = Math.round(i * interval);
    samples.push({
      duration: Math.round((i + 1) * interval) - start,
      size: frame.payload.length,
      keyframe: frame.keyframe,
      compositionOffset: compositionTicks(frame.ctsMs, nominal),
    });
  }
  return { run: { baseDecodeTime: base, samples }, end: base + Math.round(frames.length * interval) };
}

function asStamped(
  frames: readonly MediaSample[],
  base: number,
  nextStamp: number | undefined,
  nominal: number,
): { run: VideoRun; end: number } {
  const samples: VideoSampleEntry[] = [];
  let time = base;
  for (const [i, frame] of frames.entries()) {
    const following = frames[i + 1];
    const stamp = toTicks(frame.dtsMs);
    const until = following ? toTicks(following.dtsMs) : (nextStamp ?? stamp + Math.round(nominal));
    const end = Math.max(time + 1, until);
    samples.push({
      duration: end - time,
      size: frame.payload.length,
      keyframe: frame.keyframe,
      compositionOffset: stamp + Math.round(frame.ctsMs * TICKS_PER_MS) - time,
    });
    time = end;
  }
  return { run: { baseDecodeTime: base, samples }, end: time };
}
