import type { FlvTag } from '@showrunner/service-kit';

/** An encoder has to catch up with what is replayed, and viewers of a live show do not want more of the past. */
const LONGEST_MS = 5_000;
/** What came before a longer silence is not joined by what comes next. */
const SILENCE_MS = 1_000;
/** Five seconds of 120 pictures and of sound, twice over. */
const MOST_TAGS = 2_000;

/** What a reader that comes in the middle is given at once. */
export interface Replay {
  /** A keyframe, and all frames since. */
  readonly tags: readonly FlvTag[];
  /** How long ago the keyframe came, in milliseconds. */
  readonly behindMs: number;
}

/** The frames since the last keyframe, sound among them, for readers that come in the middle: kept by reference. */
export class LastGop {
  readonly #maxBytes: number;
  #tags: FlvTag[] = [];
  #bytes = 0;
  #keyframeAt = 0;
  #newestAt = 0;

  /** @param maxBytes A group that grows beyond it is let go, as is one of more than five seconds or 2,000 frames. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** `undefined` where no keyframe has come, its group was let go, or the publisher is silent. */
  replayAt(now: number): Replay | undefined {
    const behindMs = now - this.#keyframeAt;
    const isFresh = behindMs <= LONGEST_MS && now - this.#newestAt <= SILENCE_MS;
    return this.#tags.length > 0 && isFresh ? { tags: this.#tags, behindMs: Math.round(behindMs) } : undefined;
  }

  /** @param now By the clock that `replayAt` is told, in milliseconds. */
  add(tag: FlvTag, keyframe: boolean, now: number): void {
    if (keyframe) {
      this.clear();
      this.#keyframeAt = now;
    } else if (this.#tags.length === 0) return;
    this.#newestAt = now;
    this.#tags.push(tag);
    this.#bytes += tag.payload.length;
    const isLong = now - this.#keyframeAt > LONGEST_MS || this.#tags.length > MOST_TAGS;
    if (isLong || this.#bytes > this.#maxBytes) this.clear();
  }

  clear(): void {
    this.#tags = [];
    this.#bytes = 0;
  }
}
