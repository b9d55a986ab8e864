/** Pictures that may be inside an encoder at once: far more than its queue and delay amount to. */
const REMEMBERED = 1024;

/** Where a picture stands on the show's timeline, in milliseconds. */
export interface PictureTime {
  readonly dtsMs: number;
  readonly ptsMs: number;
}

/**
 * Two timelines of one encoder child: the whole milliseconds that go into it, from zero, and the show's.
 *
 * An encoded picture keeps the presentation time of its source to the last fraction. It has no B-frames, so its decode
 * time is the presentation time less the composition time of the source's last keyframe: keyframes of source and rung
 * then decode at the same time too, and both cut their segments there.
 */
export class PictureTimes {
  readonly #times = new Map<number, PictureTime>();
  readonly #startMs: number;
  #delayMs = 0;
  #lastDecodeTime = -1;

  /** @param startMs Show time of the first picture. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** The decode time to give the child for a picture of the source, in decode order: whole, growing. */
  enter(dtsMs: number, compositionMs: number, keyframe: boolean): number {
    if (keyframe) this.#delayMs = compositionMs;
    const decodeTime = Math.max(Math.round(dtsMs - this.#startMs), this.#lastDecodeTime + 1);
    this.#lastDecodeTime = decodeTime;
    const time = { dtsMs: dtsMs + (compositionMs - this.#delayMs), ptsMs: dtsMs + compositionMs };
    this.#times.set(decodeTime + compositionMs, time);
    if (this.#times.size > REMEMBERED) this.#times.delete(this.#times.keys().next().value!);
    return decodeTime;
  }

  /** The place of the picture that came out of the child with this presentation time. */
  leave(presentationTime: number): PictureTime {
    const ptsMs = this.#startMs + presentationTime;
    return this.#times.get(presentationTime) ?? { dtsMs: ptsMs - this.#delayMs, ptsMs };
  }
}
