import type { Replay } from '../packager/rung-encoder.ts';

/** Pictures that may be inside an encoder at once: far more than its queue and delay amount to. */
const REMEMBERED = 2048;

/** Where a picture stands on the show's timeline, in milliseconds. */
export interface PictureTime {
  readonly dtsMs: number;
  readonly ptsMs: number;
}

/**
 * What ffmpeg is to do with a picture is told by its presentation time on the child's timeline, modulo four: the only
 * thing that its expressions can read and a picture keeps from end to end.
 */
export const TIME_CODES = 4;
const SHOWN = 2;
/** A child's first picture has it too: ffmpeg may count the times of its keyframe expression from there. */
export const KEYFRAME = 0;
/** Odd: it is decoded for the sake of others. */
const HIDDEN = 1;

/** A picture of the source on its way into a child. */
export interface EnteringPicture {
  /** Show time; milliseconds, fractions are welcome. */
  readonly dtsMs: number;
  readonly compositionMs: number;
  readonly keyframe: boolean;
  readonly replay?: Replay;
}

/**
 * Two timelines of one encoder child: the whole milliseconds that go into it, from zero, and the show's.
 *
 * An encoded picture keeps the presentation time of its source to the last fraction. It has no B-frames, so its decode
 * time is the presentation time less the composition time of the source's last keyframe: keyframes of source and rung
 * then decode at the same time too, and both cut their segments there.
 *
 * Pictures that are replayed have on the child's timeline the distances that they were sent with, since a decoder is
 * confused by times that do not fit the order of display; it runs ahead of the show's by that.
 */
export class PictureTimes {
  readonly #times = new Map<number, PictureTime>();
  readonly #startMs: number;
  #delayMs = 0;
  #aheadMs = 0;
  #hidKeyframe = false;
  #lastDecodeTime = -1;

  /** @param startMs Show time of the first picture. */
  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** The decode time to give the child for a picture of the source, in decode order: whole, growing. */
  enter({ dtsMs, compositionMs, keyframe, replay }: EnteringPicture): number {
    const placeMs = (replay?.sentMs ?? dtsMs) - this.#startMs;
    if (keyframe) this.#delayMs = compositionMs;
    if (keyframe && replay) this.#aheadMs = this.#lastDecodeTime + 1 - placeMs;
    const hidden = replay !== undefined && replay.presentationMs === undefined;
    const code = hidden ? HIDDEN : keyframe || this.#hidKeyframe ? KEYFRAME : SHOWN;
    this.#hidKeyframe = hidden && (keyframe || this.#hidKeyframe);
    const earliest = Math.max(Math.round(placeMs + this.#aheadMs), this.#lastDecodeTime + 1) + compositionMs;
    const presentationTime = earliest + ((((code - earliest) % TIME_CODES) + TIME_CODES) % TIME_CODES);
    this.#lastDecodeTime = presentationTime - compositionMs;
    if (!hidden) {
      const ptsMs = replay?.presentationMs ?? dtsMs + compositionMs;
      this.#times.set(presentationTime, { dtsMs: ptsMs - this.#delayMs, ptsMs });
      if (this.#times.size > REMEMBERED) this.#times.delete(this.#times.keys().next().value!);
    }
    return this.#lastDecodeTime;
  }

  /** The place of the picture that came out of the child with this presentation time. */
  leave(presentationTime: number): PictureTime {
    const ptsMs = this.#startMs + presentationTime - this.#aheadMs;
    return this.#times.get(presentationTime) ?? { dtsMs: ptsMs - this.#delayMs, ptsMs };
  }
}
