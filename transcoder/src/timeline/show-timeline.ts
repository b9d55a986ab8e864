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

/**
 * Maps the stamps of one publisher after the other to one timeline that never goes back. Audio and video of a publisher
 * share one offset.
 */
export class ShowTimeline {
  #offset = 0;
  #continueAtMs: number | undefined = SHOW_START_MS;
  #lastStamp = 0;
  /** The last stamp with every wrap of 2^32 counted in. */
  #unwrapped = 0;
  readonly #last: Record<Track, number | undefined> = { video: undefined, audio: undefined };
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
      this.#offset = this.#continueAtMs - this.#unwrapped;
      this.#continueAtMs = undefined;
      return this.#settle(track, this.#unwrapped + this.#offset, false);
    }
    const time = this.#unwrapped + this.#offset;
    const newest = Math.max(this.#last.video ?? -Infinity, this.#last.audio ?? -Infinity);
    if (Math.abs(time - newest) > JUMP_MS) {
      this.#offset += newest + this.#step[track] - time;
      return this.#settle(track, newest + this.#step[track], true);
    }
    const last = this.#last[track] ?? -Infinity;
    if (time < last - JITTER_MS) {
      this.#offset += last + this.#step[track] - time;
      return this.#settle(track, last + this.#step[track], false);
    }
    return this.#settle(track, time, false);
  }

  #settle(track: Track, time: number, jumped: boolean): TimelineTime {
    const last = this.#last[track];
    // Audio may share a stamp: its decode times are counted in samples. Video frames may not.
    const earliest = last === undefined ? -Infinity : track === 'video' ? last + 1 : last;
    const ms = Math.max(time, earliest);
    if (last !== undefined && ms > last) this.#step[track] = Math.min(ms - last, LONGEST_STEP_MS);
    this.#last[track] = ms;
    return { ms, jumped };
  }
}
