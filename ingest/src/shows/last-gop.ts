import type { FlvTag } from '@showrunner/service-kit';

/** An encoder has to catch up with what is replayed, and viewers of a live show do not want more of the past. */
const LONGEST_MS = 5_000;

/** The frames since the last keyframe, sound among them, for readers that come in the middle: kept by reference. */
export class LastGop {
  readonly #maxBytes: number;
  #tags: FlvTag[] = [];
  #bytes = 0;
  #sinceMs = 0;

  /** @param maxBytes A group that grows beyond it is let go, as is one of more than five seconds. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Empty where no keyframe has come, or its group was let go. */
  get tags(): readonly FlvTag[] {
    return this.#tags;
  }

  /** When its keyframe came, by the clock that `add` is told. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  add(tag: FlvTag, keyframe: boolean, nowMs: number): void {
    if (keyframe) {
      this.clear();
      this.#sinceMs = nowMs;
    } else if (this.#tags.length === 0) return;
    this.#tags.push(tag);
    this.#bytes += tag.payload.length;
    if (this.#bytes > this.#maxBytes || nowMs - this.#sinceMs > LONGEST_MS) this.clear();
  }

  clear(): void {
    this.#tags = [];
    this.#bytes = 0;
  }
}
