import type { FlvTag } from '@showrunner/service-kit';
import type { Track, TrackConfigs } from '../packager/media-sample.ts';

/** Media is held back for the other track's sequence header for at most this long by its own stamps. */
const LONGEST_MS = 300;
const MOST_TAGS = 256;

/** Holds a publisher's first media back until it is known which tracks it sends. */
export class Preroll {
  #held: FlvTag[] | undefined = [];
  #expected: ReadonlySet<Track> | undefined;

  /** Nothing is held any more. */
  get over(): boolean {
    return this.#held === undefined;
  }

  /** A publisher begins. */
  begin(): void {
    this.#held = [];
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
    if (!announced.video && !announced.audio) {
      if (held.length > MOST_TAGS) this.#held = [];
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
    return waited >= LONGEST_MS || waited < 0 || held.length > MOST_TAGS;
  }
}
