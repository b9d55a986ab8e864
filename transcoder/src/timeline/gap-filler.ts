import { AUDIO_HEADER_BYTES, VIDEO_HEADER_BYTES } from '@showrunner/service-kit/flv';
import type { MediaSample, Track, TrackConfigs } from '../packager/media-sample.ts';
import { dueMs, nextLookMs, planFill, type Fill, type GapState } from './gap-plan.ts';
import { silentAacFrame } from './silent-aac.ts';

/** Makes pictures that repeat what the decoder shows, without touching its references; the argument counts from 0. */
export type FrozenFrames = (n: number) => Buffer;

export interface GapFillerOptions {
  readonly now: () => number;
  readonly patienceMs: (partMs: number) => number;
  /** `undefined` where pictures of this stream cannot be repeated: then its last keyframe is. */
  readonly frozenFrames: (configs: TrackConfigs, recentFrames: readonly Buffer[]) => FrozenFrames | undefined;
  /** @param tagPayload The same as the body of an FLV tag. */
  readonly emit: (sample: MediaSample, tagPayload: Buffer) => void;
}

/** What the filler must know of the rendition that it keeps moving. */
export interface GapClock {
  /** Where published parts end on the timeline; `undefined` before the first. */
  readonly clockMs: number | undefined;
  readonly partMs: number | undefined;
  readonly frameMs: number;
}

const REMEMBERED_FRAMES = 16;
const FRAME_TAG = 0x27;
const KEYFRAME_TAG = 0x17;
const AAC_TAG = 0xaf;
const NAL_UNITS = 1;
const RAW_AAC = 1;

function videoTag(keyframe: boolean, ctsMs: number, units: Buffer): Buffer {
  const tag = Buffer.allocUnsafe(VIDEO_HEADER_BYTES + units.length);
  tag[0] = keyframe ? KEYFRAME_TAG : FRAME_TAG;
  tag[1] = NAL_UNITS;
  tag.writeIntBE(ctsMs, 2, 3);
  units.copy(tag, VIDEO_HEADER_BYTES);
  return tag;
}

/** Keeps an open show moving while its publisher sends nothing, so that viewers in time never run dry. */
export class GapFiller {
  readonly #options: GapFillerOptions;
  readonly #clock: GapClock;
  readonly #filling = new Set<Track>();
  readonly #endMs: Partial<Record<Track, number>> = {};
  readonly #recent: Buffer[] = [];
  #configs: TrackConfigs = {};
  #keyframe: MediaSample | undefined;
  #frozen: FrozenFrames | undefined;
  #frozenCount = 0;
  #repeatedKeyframe = false;
  #published: { atMs: number; toMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(clock: GapClock, options: GapFillerOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get filling(): boolean {
    return this.#filling.size > 0;
  }

  /** Where the newest media ends on the timeline, real or made up; `undefined` before any. */
  get endMs(): number | undefined {
    const { video, audio } = this.#endMs;
    return video === undefined && audio === undefined ? undefined : Math.max(video ?? -Infinity, audio ?? -Infinity);
  }

  /** After made-up pictures the decoder lacks what the publisher's next frame refers to: only a keyframe goes on. */
  get needsKeyframe(): boolean {
    return this.#repeatedKeyframe;
  }

  trackEndMs(track: Track): number | undefined {
    return this.#endMs[track];
  }

  configure(configs: TrackConfigs): void {
    this.#configs = configs;
    this.#recent.length = 0;
    this.#keyframe = undefined;
    this.#filling.clear();
    for (const track of ['video', 'audio'] as const) if (!configs[track]) delete this.#endMs[track];
  }

  /** Real media has come, and was or will be packaged. */
  received(sample: MediaSample): void {
    const { track } = sample;
    this.#filling.delete(track);
    if (track === 'video') {
      this.#endMs.video = sample.dtsMs + this.#clock.frameMs;
      this.#repeatedKeyframe = false;
      if (sample.keyframe) this.#keyframe = sample;
      this.#recent.push(sample.payload);
      if (this.#recent.length > REMEMBERED_FRAMES) this.#recent.shift();
    } else this.#endMs.audio = sample.dtsMs + this.#audioFrameMs();
  }

  /** A part was published, of real media or not. */
  published(): void {
    const toMs = this.#clock.clockMs;
    // While a gap is filled the clocks stay tied as they were before it, else each part would lose a little.
    if (toMs === undefined || this.filling) return;
    this.#published = { atMs: this.#options.now(), toMs };
    if (!this.#timer) this.#schedule();
  }

  /** Media is about to return after a change of publisher: brings the timeline up to the wall clock. */
  catchUp(): void {
    const state = this.#state();
    if (!state) return;
    const due = dueMs(state);
    for (const track of ['video', 'audio'] as const) {
      const end = this.#endMs[track];
      if (end !== undefined && due - end > state.partMs) this.#fill({ track, fromMs: end, toMs: due }, state.partMs);
    }
    this.#filling.clear();
    this.published();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#published = undefined;
  }

  #schedule(): void {
    const state = this.#state();
    this.#timer = state && setTimeout(() => this.#look(), nextLookMs(state));
    this.#timer?.unref();
  }

  #look(): void {
    const state = this.#state();
    if (!state) return;
    for (const fill of planFill(state)) this.#fill(fill, state.partMs);
    this.#schedule();
  }

  #state(): GapState | undefined {
    const partMs = this.#clock.partMs;
    if (!this.#published || partMs === undefined) return undefined;
    return {
      nowMs: this.#options.now(),
      publishedAtMs: this.#published.atMs,
      publishedToMs: this.#published.toMs,
      partMs,
      patienceMs: this.#options.patienceMs(partMs),
      endMs: this.#endMs,
      filling: this.#filling,
    };
  }

  #fill(fill: Fill, partMs: number): void {
    if (fill.track === 'audio') return this.#fillAudio(fill);
    if (!this.#filling.has('video')) {
      this.#frozen = this.#options.frozenFrames(this.#configs, this.#recent);
      this.#frozenCount = 0;
    }
    this.#filling.add('video');
    if (this.#frozen) this.#fillFrozen(fill, this.#frozen);
    else if (this.#keyframe) this.#repeatKeyframe(fill, this.#keyframe, partMs);
  }

  #fillFrozen({ fromMs, toMs }: Fill, frozen: FrozenFrames): void {
    const ctsMs = this.#keyframe?.ctsMs ?? 0;
    let at = fromMs;
    for (; at + this.#clock.frameMs <= toMs; at += this.#clock.frameMs) {
      this.#emitVideo({ dtsMs: at, ctsMs, keyframe: false, units: frozen(this.#frozenCount++) });
      this.#endMs.video = at + this.#clock.frameMs;
    }
  }

  /** One keyframe a part is enough, and bounded in size; a part ahead, since each is closed by the next. */
  #repeatKeyframe({ fromMs, toMs }: Fill, { ctsMs, payload }: MediaSample, partMs: number): void {
    for (let at = fromMs; at < toMs; at += partMs) {
      this.#emitVideo({ dtsMs: at, ctsMs, keyframe: true, units: payload });
      this.#endMs.video = at + partMs;
    }
    this.#repeatedKeyframe = true;
  }

  #emitVideo(frame: { dtsMs: number; ctsMs: number; keyframe: boolean; units: Buffer }): void {
    const { dtsMs, ctsMs, keyframe } = frame;
    const tag = videoTag(keyframe, ctsMs, frame.units);
    this.#options.emit({ track: 'video', dtsMs, ctsMs, keyframe, payload: tag.subarray(VIDEO_HEADER_BYTES) }, tag);
  }

  #fillAudio({ fromMs, toMs }: Fill): void {
    const silence = silentAacFrame(this.#configs.audio?.channels ?? 0);
    this.#filling.add('audio');
    if (!silence) return;
    const tag = Buffer.concat([Buffer.from([AAC_TAG, RAW_AAC]), silence]);
    const payload = tag.subarray(AUDIO_HEADER_BYTES);
    const step = this.#audioFrameMs();
    let at = fromMs;
    for (; at + step <= toMs; at += step) {
      this.#options.emit({ track: 'audio', dtsMs: at, ctsMs: 0, keyframe: true, payload }, tag);
      this.#endMs.audio = at + step;
    }
  }

  #audioFrameMs(): number {
    const audio = this.#configs.audio;
    return audio ? (audio.samplesPerFrame / audio.sampleRate) * 1000 : 0;
  }
}
