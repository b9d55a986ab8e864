import { VIDEO_TIMESCALE } from '../boxes/init-segment.ts';
import { partHeader } from '../boxes/part-header.ts';
import { AudioQueue } from './audio-queue.ts';
import { FrameClock } from './frame-clock.ts';
import type { MediaSample, TrackConfigs } from './media-sample.ts';
import { Part } from './part.ts';
import { HOLE_TICKS, layOutVideo, startOfRun, toTicks } from './video-run.ts';

/** What PART-TARGET has above the usual part, so that rounding never makes a part too long. */
const MARGIN_MS = 3;
/** RFC 8216bis section 4.4.4.9: a part lasts at least 85 % of PART-TARGET, the last of its segment excepted. */
const LEAST_SHARE = 0.87;
const FALLBACK_FRAME_MS = 1000 / 30;
/** With video missing for this long beyond a part, parts go on with audio alone. */
const VIDEO_PATIENCE_MS = 300;
/** A part is closed early where it has as much: 300 Mbit/s for 200 ms. */
const MOST_PART_BYTES = 8 * 1024 * 1024;

function wholeFrames(durationMs: number, frameMs: number): number {
  return Math.max(1, Math.round(durationMs / frameMs));
}

/**
 * Collects samples and makes parts of whole video frames (of audio frames, without video), all audio that has arrived
 * going along. The playlist's clock, which DURATION counts, follows the media's decode times; where frames come
 * irregularly it is held at PART-TARGET per part and catches up with the next.
 */
export class PartBuilder {
  readonly #partDurationMs: number;
  #sequenceNumber = 1;
  #hasVideo = false;
  #audio: AudioQueue | undefined;
  #frames = new FrameClock(undefined);
  #video: MediaSample[] = [];
  #videoBytes = 0;
  /** Ticks where the media of the last part ended. */
  #mediaEnd: number | undefined;
  /** Ticks that the durations of all parts add up to, counted from where the show's timeline is 0. */
  #clock: number | undefined;
  #partTargetMs: number | undefined;
  #broken = false;

  constructor(partDurationMs: number) {
    this.#partDurationMs = partDurationMs;
  }

  /** Milliseconds no part exceeds. Fixed with the first part; `undefined` until then. */
  get partTargetMs(): number | undefined {
    return this.#partTargetMs;
  }

  /** Milliseconds on the show's timeline where the parts made so far end. */
  get clockMs(): number | undefined {
    return this.#clock === undefined ? undefined : (this.#clock / VIDEO_TIMESCALE) * 1000;
  }

  get hasVideo(): boolean {
    return this.#hasVideo;
  }

  /** Milliseconds a part usually lasts. */
  get usualPartMs(): number {
    return Math.max(this.#framesPerPart() * this.frameMs, LEAST_SHARE * (this.#partTargetMs ?? 0));
  }

  /** Milliseconds a video frame usually lasts. */
  get frameMs(): number {
    return this.#frames.nominalMs ?? this.#frames.declaredMs ?? FALLBACK_FRAME_MS;
  }

  get isEmpty(): boolean {
    return this.#video.length === 0 && (this.#audio?.length ?? 0) === 0;
  }

  get waitingVideoFrames(): number {
    return this.#video.length;
  }

  /** Begins with other tracks. What still waits must have been closed before. */
  configure({ video, audio }: TrackConfigs): void {
    this.#hasVideo = video !== undefined;
    this.#frames = new FrameClock(video?.frameRate);
    this.#audio = audio && new AudioQueue(audio);
    this.#video = [];
    this.#videoBytes = 0;
  }

  /** What is added next does not continue what was added before. What still waits must have been closed before. */
  interrupt(): void {
    this.#broken = true;
    this.#frames.interrupt();
  }

  /** The frame that is added next begins a part: where the clock leaps to it, it does so now. */
  leapTo(dtsMs: number): void {
    if (this.#clock !== undefined) this.#setClock(startOfRun(toTicks(dtsMs), this.#mediaEnd));
  }

  /** Goes on here, past a hole in which there was no media; what waited before it is too little for a part. */
  skipTo(dtsMs: number): void {
    this.#video = [];
    this.#videoBytes = 0;
    this.#audio?.take(Infinity, []);
    this.#clock = toTicks(dtsMs);
    this.#mediaEnd = this.#clock;
    this.#frames.interrupt();
  }

  add(sample: MediaSample): void {
    if (sample.track === 'audio') this.#audio?.push(sample);
    else if (this.#hasVideo) {
      if (sample.durationMs === undefined) this.#frames.push(sample.dtsMs);
      else this.#frames.interrupt();
      this.#video.push(sample);
      this.#videoBytes += sample.payload.length;
    }
  }

  /** Irregular frames: the part must be closed before this one is added. */
  mustCloseBefore(sample: MediaSample): boolean {
    return this.#video.length > 0 && this.#isLongEnough(sample.dtsMs);
  }

  /** The part that what arrived so far completes, without waiting for the next frame. */
  takeComplete(): Part | undefined {
    if (this.#videoBytes + (this.#audio?.byteLength ?? 0) >= MOST_PART_BYTES) return this.#takeLarge();
    if (!this.#hasVideo) {
      const count = this.#audio ? wholeFrames(this.#partDurationMs, this.#audio.frameMs) : Infinity;
      return this.#audio && this.#audio.length >= count ? this.#takeAudioPart(count) : undefined;
    }
    const end = this.#knownEndMs();
    if (end !== undefined && this.#isLongEnough(end)) return this.#takeVideoPart(this.#video.length, end);
    // Before the first part one frame more than it needs may wait, to tell how long a frame lasts.
    const count = this.#partTargetMs === undefined ? this.#framesPerPart() : this.#video.length;
    if (this.#isFull()) return this.#takeVideoPart(count, undefined);
    if (this.#audioRanAway()) {
      const heldUntil = (this.#reachedMs ?? 0) + this.usualPartMs;
      return this.#video.length > 0
        ? this.#takeVideoPart(this.#video.length, heldUntil)
        : this.#takeAudioPart(Infinity);
    }
    return undefined;
  }

  /**
   * Closes the part with what is there; `undefined` where there is nothing.
   * @param nextDtsMs Decode time of the frame that follows, where it is known.
   */
  takeAll(nextDtsMs?: number): Part | undefined {
    if (this.#video.length > 0) return this.#takeVideoPart(this.#video.length, nextDtsMs ?? this.#knownEndMs());
    return (this.#audio?.length ?? 0) > 0 && !this.#hasVideo ? this.#takeAudioPart(Infinity) : undefined;
  }

  /** Where the newest frame says that it ends. */
  #knownEndMs(): number | undefined {
    const last = this.#video.at(-1);
    return last?.durationMs === undefined ? undefined : last.dtsMs + last.durationMs;
  }

  #isLongEnough(endMs: number): boolean {
    if (this.#partTargetMs === undefined) return false;
    const least = Math.max(this.#partDurationMs - this.frameMs / 2, LEAST_SHARE * this.#partTargetMs);
    return endMs - (this.clockMs ?? 0) >= least;
  }

  #framesPerPart(): number {
    const count = wholeFrames(this.#partDurationMs, this.frameMs);
    const target = this.#partTargetMs;
    return target === undefined ? count : Math.max(1, Math.min(count, Math.floor(target / this.frameMs)));
  }

  #isFull(): boolean {
    const enough = this.#video.length >= this.#framesPerPart();
    // One interval at least must have been seen before the first part fixes PART-TARGET.
    if (this.#partTargetMs === undefined) return enough && this.#frames.nominalMs !== undefined;
    const lasted = (this.#video.at(-1)?.dtsMs ?? 0) + this.frameMs - (this.clockMs ?? 0);
    return enough && this.#frames.steady && lasted >= LEAST_SHARE * this.#partTargetMs;
  }

  #audioRanAway(): boolean {
    const end = this.#audio?.endMs;
    const reached = this.#reachedMs;
    if (end === undefined || reached === undefined) return false;
    return end - reached >= (this.#partTargetMs ?? this.usualPartMs) + VIDEO_PATIENCE_MS;
  }

  /** Where the next part begins. */
  get #reachedMs(): number | undefined {
    return this.clockMs ?? this.#video[0]?.dtsMs;
  }

  #takeLarge(): Part | undefined {
    if (this.#video.length > 0) return this.#takeVideoPart(this.#video.length, this.#knownEndMs());
    if (!this.#hasVideo || this.#clock !== undefined) return this.#takeAudioPart(Infinity);
    // Sound before the first picture has no place.
    this.#audio?.take(Infinity, []);
    return undefined;
  }

  #takeVideoPart(count: number, nextDtsMs: number | undefined): Part {
    const frames = this.#video.splice(0, count);
    const buffers: Buffer[] = [Buffer.alloc(0)];
    let independent = false;
    for (const frame of frames) {
      buffers.push(frame.payload);
      this.#videoBytes -= frame.payload.length;
      independent ||= frame.keyframe;
    }
    const nominal = (this.frameMs * VIDEO_TIMESCALE) / 1000;
    const next = this.#video[0]?.dtsMs ?? nextDtsMs;
    const { run, end } = layOutVideo(
      frames,
      this.#mediaEnd,
      next === undefined ? undefined : toTicks(next),
      nominal,
      this.#frames.steady && frames.every(({ durationMs }) => durationMs === undefined),
    );
    this.#fixPartTarget(wholeFrames(this.#partDurationMs, this.frameMs) * this.frameMs);
    this.#setClock(run.baseDecodeTime);
    this.#mediaEnd = end;
    const audio = this.#audio?.take(Infinity, buffers);
    buffers[0] = partHeader(this.#sequenceNumber++, run, audio);
    return this.#part(buffers, end - (this.#clock ?? 0), independent, frames.length, audio?.sizes.length ?? 0);
  }

  #takeAudioPart(limit: number): Part | undefined {
    const queue = this.#audio;
    const buffers: Buffer[] = [Buffer.alloc(0)];
    const run = queue?.take(limit, buffers);
    if (!queue || !run) return undefined;
    const audioTicks = (samples: number) =>
      Math.round(((samples * queue.frameMs) / 1000 / run.frameDuration) * VIDEO_TIMESCALE);
    this.#fixPartTarget(wholeFrames(this.#partDurationMs, queue.frameMs) * queue.frameMs);
    const start = audioTicks(run.baseDecodeTime);
    this.#setClock(start);
    buffers[0] = partHeader(this.#sequenceNumber++, undefined, run);
    const end = audioTicks(run.baseDecodeTime + run.sizes.length * run.frameDuration);
    if (!this.#hasVideo) this.#mediaEnd = end;
    // Without the video that belongs to it, it is a part of the usual length: more of them follow.
    const lasted = this.#hasVideo ? toTicks(this.usualPartMs) : end - (this.#clock ?? 0);
    return this.#part(buffers, lasted, !this.#hasVideo, 0, run.sizes.length);
  }

  /** The clock of the playlist leaps over holes, and over what it lags where there is a discontinuity anyway. */
  #setClock(mediaStart: number): void {
    const behind = mediaStart - (this.#clock ?? -Infinity);
    if (behind > (this.#broken ? 0 : HOLE_TICKS)) this.#clock = mediaStart;
    this.#broken = false;
  }

  #fixPartTarget(usualMs: number): void {
    this.#partTargetMs ??= Math.ceil(usualMs + MARGIN_MS);
  }

  #part(buffers: Buffer[], lasted: number, independent: boolean, videoSamples: number, audioSamples: number): Part {
    const ticks = Math.max(1, Math.min(lasted, toTicks(this.#partTargetMs ?? this.#partDurationMs)));
    this.#clock = (this.#clock ?? 0) + ticks;
    return new Part(buffers, { duration: ticks / VIDEO_TIMESCALE, independent, videoSamples, audioSamples });
  }
}
