/** Where a segment begins, alike in all renditions of a show. */
export interface SegmentStart {
  readonly msn: number;
  /** Presentation time of its first picture, in milliseconds on the show's timeline; grows from one to the next. */
  readonly startMs: number;
  readonly discontinuity: boolean;
  /** EXT-X-DISCONTINUITY-SEQUENCE as of this segment, its own discontinuity included. */
  readonly discontinuitySequence: number;
  /** Milliseconds since the epoch that EXT-X-PROGRAM-DATE-TIME says. */
  readonly programDateTimeMs: number;
}

const REMEMBERED = 256;

/** The segments that the source rendition has begun, for the encoded renditions to cut at the same places. */
export class SegmentPlan {
  readonly #starts: SegmentStart[] = [];

  add(start: SegmentStart): void {
    this.#starts.push(start);
    if (this.#starts.length > REMEMBERED) this.#starts.shift();
  }

  get last(): SegmentStart | undefined {
    return this.#starts.at(-1);
  }

  get(msn: number): SegmentStart | undefined {
    const first = this.#starts[0];
    return first && this.#starts[msn - first.msn];
  }

  /** The segment that a picture belongs to; the first one for pictures before all. */
  at(presentationMs: number): SegmentStart | undefined {
    return this.#starts.findLast((start) => start.startMs <= presentationMs) ?? this.#starts[0];
  }
}
