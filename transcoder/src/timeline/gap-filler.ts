import { AUDIO_HEADER_BYTES, VIDEO_HEADER_BYTES, type AvcConfig } from '@showrunner/service-kit/flv';
import type { Track, TrackConfigs } from '../packager/media-sample.ts';
import { Gop, type ReplayedPicture, type SentFrame } from './gop.ts';
import {
  dueMs,
  FILLED_TRACKS,
  LONGEST_CATCH_UP_MS,
  nextLookMs,
  planFill,
  type Fill,
  type GapState,
} from './gap-plan.ts';
import { silentAacFrame } from './silent-aac.ts';

/** Makes pictures that leave the screen as it is; the argument counts from 0. */
type FrozenFrames = (n: number) => Buffer;

export interface GapFillerOptions {
  /** Milliseconds of a clock that never leaps with the time of day. */
  readonly monotonicMs: () => number;
  readonly patienceMs: (partMs: number) => number;
  /** `undefined` where pictures of this stream cannot be repeated: then its last keyframe is. */
  readonly frozenFrames: (config: AvcConfig, recentFrames: readonly Buffer[]) => FrozenFrames | undefined;
  /** The timeline has grown by this many milliseconds of made-up media. */
  readonly filledMs: (ms: number) => void;
  /** After a standstill the show goes on where it was: later by the clock than before. */
  readonly postponed: () => void;
  /** A made-up frame, or a picture that was sent before. */
  readonly emit: (picture: SentFrame | ReplayedPicture) => void;
}

/** What the filler must know of the rendition that it keeps moving. */
export interface GapClock {
  /** Where published parts end on the timeline; `undefined` before the first. */
  readonly clockMs: number | undefined;
  readonly partMs: number | undefined;
  readonly frameMs: number;
}

/** Enough for the last two reference pictures and what was decoded after them. */
const REMEMBERED_FRAMES = 16;
const REMEMBERED_BYTES = 8 * 1024 * 1024;
/** How long after a part the next one is made up, in parts, once it is known that none will come. */
const ABANDONED_PATIENCE_PARTS = 1.25;
/** Far more than one look at a gap needs, of each track. */
const MOST_FRAMES_AT_ONCE = 1000;
/**
 * A newcomer finds a picture to begin with this often while nobody publishes, and never more often than the group of
 * pictures that it takes is long: so a gap needs no more bytes than the show did.
 */
const REPLAY_EVERY_MS = 1000;
/** What viewers have to take in at once for it. */
const MOST_REPLAYED_BYTES = 2 * 1024 * 1024;
/** A hole in the sound that is longer is filled, since players stall at it. */
const LONGEST_HOLE_MS = 40;
/** Pictures closer than this in order of display may be taken for the rounding errors of stamps. */
const NEXT_SHOWN_MS = 3;
/** Sums of frame intervals are not exact. */
const ROUNDING_MS = 0.01;
const FRAME_TAG = 0x27;
const AAC_TAG = 0xaf;
const NAL_UNITS = 1;
const RAW_AAC = 1;

function frozenTag(ctsMs: number, units: Buffer): Buffer {
  const tag = Buffer.allocUnsafe(VIDEO_HEADER_BYTES + units.length);
  tag[0] = FRAME_TAG;
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
  #recentBytes = 0;
  readonly #gop = new Gop();
  /** Where on the timeline the last picture ended that was sent by the publisher, the first or another time. */
  #sentUntilMs = 0;
  #configs: TrackConfigs = {};
  #keyframe: SentFrame | undefined;
  /** Presentation time of the last picture in order of display. */
  #lastShownMs = -Infinity;
  #frozen: FrozenFrames | undefined;
  #frozenCount = 0;
  /** Nothing real came after a made-up picture. */
  #madeUpVideo = false;
  #repeatsKeyframe = false;
  #published: { atMs: number; toMs: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #abandoned = false;
  #closed = false;

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

  /** After made-up pictures the decoder lacks what the publisher's next frame refers to. */
  get madeUpVideo(): boolean {
    return this.#madeUpVideo;
  }

  /** The pictures since the publisher's last keyframe, sent or kept. */
  get gop(): Pick<Gop, 'whole' | 'endsBefore'> {
    return this.#gop;
  }

  trackEndMs(track: Track): number | undefined {
    return this.#endMs[track];
  }

  configure(configs: TrackConfigs): void {
    this.#configs = configs;
    this.#recent.length = 0;
    this.#recentBytes = 0;
    this.#gop.clear();
    this.#keyframe = undefined;
    this.#filling.clear();
    for (const track of ['video', 'audio'] as const) if (!configs[track]) delete this.#endMs[track];
  }

  /** The publisher is gone: there is no use in waiting for what it may have sent late. */
  abandon(): void {
    this.#abandoned = true;
    clearTimeout(this.#timer);
    this.#schedule();
  }

  /** Real media has come, and will be packaged. */
  received({ sample, tagPayload }: SentFrame): void {
    const { track, dtsMs } = sample;
    this.#abandoned = false;
    if (track === 'video') {
      this.#filling.delete('video');
      this.#endMs.video = dtsMs + this.#clock.frameMs;
      this.#sentUntilMs = this.#endMs.video;
      this.#lastShownMs = Math.max(this.#lastShownMs, dtsMs + sample.ctsMs);
      this.#madeUpVideo = false;
      this.#repeatsKeyframe = false;
      this.#frozen = undefined;
      this.#frozenCount = 0;
      this.keep({ sample, tagPayload });
    } else {
      const end = this.#endMs.audio;
      if (end !== undefined && dtsMs - end > LONGEST_HOLE_MS) this.#fillAudio({ track, fromMs: end, toMs: dtsMs });
      this.#filling.delete('audio');
      this.#endMs.audio = dtsMs + this.#audioFrameMs();
    }
  }

  /** A real picture has come that is decoded when the group of pictures is replayed. */
  keep(picture: SentFrame): void {
    this.#gop.add(picture);
    if (picture.sample.keyframe) this.#keyframe = picture;
    this.#recent.push(picture.sample.payload);
    this.#recentBytes += picture.sample.payload.length;
    while (
      this.#recent.length > REMEMBERED_FRAMES ||
      (this.#recentBytes > REMEMBERED_BYTES && this.#recent.length > 1)
    ) {
      this.#recentBytes -= this.#recent.shift()!.length;
    }
  }

  /** Leads decoders up to the newest picture, which then stands until `toMs`. */
  replayUntil(toMs: number): void {
    const fromMs = this.#endMs.video ?? toMs;
    for (const picture of this.#gop.replay(fromMs, toMs)) this.#options.emit(picture);
    this.#endMs.video = toMs;
    this.#sentUntilMs = toMs;
    this.#madeUpVideo = true;
    this.#repeatsKeyframe = false;
  }

  /** A part was published, of real media or not. */
  published(): void {
    const toMs = this.#clock.clockMs;
    // While a gap is filled the clocks stay tied as they were before it, else each part would lose a little.
    if (toMs === undefined || this.filling || this.#closed) return;
    this.#published = { atMs: this.#options.monotonicMs(), toMs };
    if (!this.#timer) this.#schedule();
  }

  /** Media is about to return after a change of publisher: brings the timeline up to the clock. */
  catchUp(): void {
    const state = this.#state();
    if (!state) return;
    const newest = this.endMs ?? 0;
    // Both tracks are brought to one end, since what comes begins there with both: a hole would stall players.
    const to = dueMs(state) - newest > state.partMs ? dueMs(state) : newest;
    const fills: Fill[] = [];
    for (const track of FILLED_TRACKS) {
      const end = this.#endMs[track];
      if (end === undefined || to <= end) continue;
      // Whole pictures: sound bends by less than one, a hole in the picture would be seen.
      const pictures = Math.ceil((to - end) / this.#clock.frameMs);
      fills.push({ track, fromMs: end, toMs: track === 'video' ? end + pictures * this.#clock.frameMs : to });
    }
    this.#fillAll(fills, state.partMs);
    this.#filling.clear();
    this.published();
  }

  /** Nothing is made up from now on, whatever is still told. */
  close(): void {
    this.#closed = true;
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
    this.#fillAll(planFill(state), state.partMs);
    this.#schedule();
  }

  #state(): GapState | undefined {
    const partMs = this.#clock.partMs;
    if (!this.#published || partMs === undefined) return undefined;
    const nowMs = this.#options.monotonicMs();
    const newest = this.endMs ?? this.#published.toMs;
    if (this.#published.toMs + nowMs - this.#published.atMs - newest > LONGEST_CATCH_UP_MS) {
      this.#published = { atMs: nowMs, toMs: newest };
      this.#options.postponed();
    }
    return {
      nowMs,
      publishedAtMs: this.#published.atMs,
      publishedToMs: this.#published.toMs,
      partMs,
      patienceMs: this.#abandoned ? ABANDONED_PATIENCE_PARTS * partMs : this.#options.patienceMs(partMs),
      endMs: this.#endMs,
      filling: this.#filling,
    };
  }

  #fillAll(fills: readonly Fill[], partMs: number): void {
    const fromMs = this.endMs;
    for (const fill of fills) this.#fill(fill, partMs);
    const grownMs = (this.endMs ?? 0) - (fromMs ?? 0);
    if (grownMs > 0) this.#options.filledMs(grownMs);
  }

  #fill(fill: Fill, partMs: number): void {
    if (fill.track === 'audio') return this.#fillAudio(fill);
    if (!this.#filling.has('video')) {
      // A decoder that shows a repeated keyframe already knows nothing of the frames before it.
      if (!this.#frozen && !this.#repeatsKeyframe) this.#freeze();
      this.#repeatsKeyframe = this.#frozen === undefined;
    }
    this.#filling.add('video');
    if (this.#frozen) this.#fillFrozen(fill);
    if (this.#frozen || !this.#keyframe) return;
    this.#repeatsKeyframe = true;
    this.#repeatKeyframe({ ...fill, fromMs: this.#endMs.video ?? fill.fromMs }, this.#keyframe, partMs);
  }

  #fillFrozen({ fromMs, toMs }: Fill): void {
    const { frameMs } = this.#clock;
    const until = Math.min(toMs + ROUNDING_MS, fromMs + MOST_FRAMES_AT_ONCE * frameMs);
    for (let at = fromMs; this.#frozen && at + frameMs <= until; at += frameMs) {
      if (this.#letsIn(at)) {
        this.replayUntil(at + frameMs);
        this.#freeze();
      } else {
        const units = this.#nextFrozen(this.#frozen);
        if (!units) return;
        // With B-frames the newest picture may be shown later than the first made-up ones would be.
        const ctsMs = Math.max(this.#keyframe?.sample.ctsMs ?? 0, Math.floor(this.#lastShownMs - at) + NEXT_SHOWN_MS);
        this.#emitFrozen(at, ctsMs, units);
        this.#lastShownMs = at + ctsMs;
      }
      this.#endMs.video = at + frameMs;
    }
  }

  /** A picture that cannot be written ends the freezing rather than the process: this runs in a timer. */
  #nextFrozen(frozen: FrozenFrames): Buffer | undefined {
    try {
      return frozen(this.#frozenCount++);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#frozen = undefined;
      return undefined;
    }
  }

  /** A newcomer should find a picture to begin with, and a part begins here. */
  #letsIn(atMs: number): boolean {
    const { whole, spanMs, byteLength } = this.#gop;
    if (!whole || byteLength > MOST_REPLAYED_BYTES) return false;
    const isDue = atMs - this.#sentUntilMs >= Math.max(REPLAY_EVERY_MS, spanMs);
    return isDue && atMs - (this.#clock.clockMs ?? atMs) < this.#clock.frameMs / 2;
  }

  #freeze(): void {
    const { video } = this.#configs;
    this.#frozen = video && this.#options.frozenFrames(video, this.#recent);
    this.#frozenCount = 0;
  }

  /** One keyframe a part is enough, and bounded in size; the first one completes the part that was begun. */
  #repeatKeyframe({ fromMs, toMs }: Fill, { sample, tagPayload }: SentFrame, partMs: number): void {
    let end = this.#clock.clockMs ?? fromMs;
    while (end <= fromMs + this.#clock.frameMs / 2) end += partMs;
    const until = Math.min(toMs, end + MOST_FRAMES_AT_ONCE * partMs);
    for (let at = fromMs; end <= until; at = end, end += partMs) {
      this.#madeUpVideo = true;
      this.#options.emit({ sample: { ...sample, dtsMs: at, durationMs: end - at }, tagPayload });
      this.#endMs.video = end;
    }
  }

  #emitFrozen(dtsMs: number, ctsMs: number, units: Buffer): void {
    const tagPayload = frozenTag(ctsMs, units);
    const payload = tagPayload.subarray(VIDEO_HEADER_BYTES);
    this.#madeUpVideo = true;
    this.#options.emit({ sample: { track: 'video', dtsMs, ctsMs, keyframe: false, payload }, tagPayload });
  }

  #fillAudio({ fromMs, toMs }: Fill): void {
    const silence = silentAacFrame(this.#configs.audio?.channels ?? 0);
    this.#filling.add('audio');
    if (!silence) return;
    const tag = Buffer.concat([Buffer.from([AAC_TAG, RAW_AAC]), silence]);
    const payload = tag.subarray(AUDIO_HEADER_BYTES);
    const step = this.#audioFrameMs();
    const until = Math.min(toMs, fromMs + MOST_FRAMES_AT_ONCE * step);
    for (let at = fromMs; at + step <= until; at += step) {
      this.#options.emit({ sample: { track: 'audio', dtsMs: at, ctsMs: 0, keyframe: true, payload }, tagPayload: tag });
      this.#endMs.audio = at + step;
    }
  }

  #audioFrameMs(): number {
    const audio = this.#configs.audio;
    return audio ? (audio.samplesPerFrame / audio.sampleRate) * 1000 : 0;
  }
}
