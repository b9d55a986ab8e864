import type { FlvTag } from '@showrunner/service-kit';
import type { Track, TrackConfigs } from '../packager/media-sample.ts';

/** Media is held back for the other track's sequence header for at most this long by its own stamps. */
const LONGEST_MS = 300;
const MOST_TAGS = 256;
/** A keyframe of the largest message that ingest takes, and more. */
const MOST_BYTES = 12 * 1024 * 1024;

/** Holds a publisher's first media back until it is known which tracks it sends. */
export class Preroll {
  #held: FlvTag[] | undefined = [];
  #bytes = 0;
  #expected: ReadonlySet<Track> | undefined;

  /** Nothing is held any more. */
  get over(): boolean {
    return this.#held === undefined;
  }

  /** A publisher begins. */
  begin(): void {
    this.#held = [];
    this.#bytes = 0;
    this.#expected = undefined;
  }

  /** What was held belongs to nobody any more. */
  end(): void {
    this.#held = undefined;
  }

  /** What the publisher says of itself, the first time it does. */
  expect(tracks: ReadonlySet<Track> | undefined): void {
    this.#expected ??= tracks;
  }

  /** @returns What goes on: nothing while tracks are unknown, then all that was held, then each tag by itself. */
  push(tag: FlvTag, announced: TrackConfigs): readonly FlvTag[] {
    const held = this.#held;
    if (!held) return [tag];
    held.push(tag);
    this.#bytes += tag.payload.length;
    if (!announced.video && !announced.audio) {
      if (this.#isFull(held)) {
        this.#held = [];
        this.#bytes = 0;
      }
      return [];
    }
    if (!this.#tracksKnown(held, announced)) return [];
    this.#held = undefined;
    return held;
  }

  #tracksKnown(held: readonly FlvTag[], { video, audio }: TrackConfigs): boolean {
    if (video && audio) return true;
    const expected = this.#expected;
    if (expected && expected.has('video') === !!video && expected.has('audio') === !!audio) return true;
    const waited = held.at(-1)!.timestamp - held[0]!.timestamp;
    return waited >= LONGEST_MS || waited < 0 || this.#isFull(held);
  }

  #isFull(held: readonly FlvTag[]): boolean {
    return held.length > MOST_TAGS || this.#bytes > MOST_BYTES;
  }
}
