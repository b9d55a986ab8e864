import type { Track } from '../packager/media-sample.ts';

/** Where a show's timeline begins, in milliseconds: above zero, so that negative composition times stay positive. */
export const SHOW_START_MS = 1000;

/** A step of more than this, either way, is another clock rather than late media. */
const JUMP_MS = 2500;
/** A step back of up to this is jitter: the frame follows its predecessor at once. */
const JITTER_MS = 100;
const USUAL_STEP_MS = 20;
const LONGEST_STEP_MS = 100;

export interface TimelineTime {
  /** Milliseconds on the show's timeline. */
  readonly ms: number;
  /** The publisher's clock jumped before this tag. */
  readonly jumped: boolean;
}

const OTHER: Readonly<Record<Track, Track>> = { video: 'audio', audio: 'video' };

/**
 * Maps the stamps of one publisher after the other to one timeline that never goes back. Audio and video of a publisher
 * share one offset, as long as their stamps are of one clock.
 */
export class ShowTimeline {
  /** What is added to the stamps of each track. They differ only where a publisher's tracks do not keep together. */
  readonly #offset: Record<Track, number> = { video: 0, audio: 0 };
  #continueAtMs: number | undefined = SHOW_START_MS;
  #lastStamp = 0;
  /** The last stamp with every wrap of 2^32 counted in. */
  #unwrapped = 0;
  readonly #last: Record<Track, number | undefined> = { video: undefined, audio: undefined };
  /** Something of the track has come since the timeline was last continued. */
  readonly #known: Record<Track, boolean> = { video: false, audio: false };
  readonly #step: Record<Track, number> = { video: USUAL_STEP_MS, audio: USUAL_STEP_MS };

  /** The next tag, of whatever clock, stands at this time. */
  continueAt(ms: number): void {
    this.#continueAtMs = ms;
  }

  /** @param stamp Milliseconds, unsigned 32 bits, as the publisher sent them. */
  map(track: Track, stamp: number): TimelineTime {
    this.#unwrapped += (stamp - this.#lastStamp) | 0;
    this.#lastStamp = stamp;
    if (this.#continueAtMs !== undefined) {
      const ms = this.#continueAtMs;
      this.#continueAtMs = undefined;
      this.#offset.video = this.#offset.audio = ms - this.#unwrapped;
      this.#known.video = this.#known.audio = false;
      return this.#settle(track, ms, false);
    }
    const time = this.#unwrapped + this.#offset[track];
    if (!this.#isNear(track, time)) return this.#jump(track, time);
    const last = this.#last[track] ?? -Infinity;
    if (time < last - JITTER_MS) {
      const by = last + this.#step[track] - time;
      this.#offset.video += by;
      this.#offset.audio += by;
      return this.#settle(track, last + this.#step[track], false);
    }
    return this.#settle(track, time, false);
  }

  /** It follows what the publisher sent last of this track, or of the other where this one paused. */
  #isNear(track: Track, time: number): boolean {
    return this.#isNearTrack(track, time) || this.#isNearTrack(OTHER[track], time);
  }

  #isNearTrack(track: Track, time: number): boolean {
    return this.#known[track] && Math.abs(time - (this.#last[track] ?? 0)) <= JUMP_MS;
  }

  /**
   * Another clock. A track's time is judged by its own past, since the stamps of two tracks may lie apart for a whole
   * show: then each jump of one against the other would count, and drive both on.
   */
  #jump(track: Track, time: number): TimelineTime {
    const alike = this.#unwrapped + this.#offset[OTHER[track]];
    if (this.#isNear(track, alike)) {
      // The other track jumped before.
      this.#offset[track] = this.#offset[OTHER[track]];
      return this.#settle(track, alike, false);
    }
    const { video = -Infinity, audio = -Infinity } = this.#last;
    const newest = Math.max(video, audio);
    const own = this.#known[track] ? (this.#last[track] ?? newest) : newest;
    const ms = (newest - own > JUMP_MS ? newest : own) + this.#step[track];
    this.#offset[track] += ms - time;
    return this.#settle(track, ms, this.#known[track]);
  }

  #settle(track: Track, time: number, jumped: boolean): TimelineTime {
    const last = this.#last[track];
    // Audio may share a stamp: its decode times are counted in samples. Video frames may not.
    const earliest = last === undefined ? -Infinity : track === 'video' ? last + 1 : last;
    const ms = Math.max(time, earliest);
    if (last !== undefined && ms > last) this.#step[track] = Math.min(ms - last, LONGEST_STEP_MS);
    this.#last[track] = ms;
    this.#known[track] = true;
    return { ms, jumped };
  }
}
