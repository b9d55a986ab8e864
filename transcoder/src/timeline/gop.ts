import type { MediaSample } from '../packager/media-sample.ts';
import type { Replay } from '../packager/rung-encoder.ts';

/** A frame of picture or sound, as its publisher sent it or as if it had. */
export interface SentFrame {
  readonly sample: MediaSample;
  /** The same as the body of an FLV tag. */
  readonly tagPayload: Buffer;
}

/** A picture that decoders are led through again. */
export interface ReplayedPicture extends SentFrame {
  readonly replay: Replay;
}

/** OBS's automatic keyframe interval is 250 frames. */
const MOST_FRAMES = 300;
const MOST_BYTES = 8 * 1024 * 1024;
/** What each picture but the shown one lasts: two ticks of 1/90000 s. */
const GLIMPSE_MS = 2 / 90;

/**
 * The pictures since the last keyframe. A decoder that has seen made-up pictures, or none, is brought up to the newest by
 * all of them at once: they take no more time than one frame. Buffers are referred to, not copied; a group that grows
 * beyond 300 pictures or 8 MiB is given up until the next keyframe.
 */
export class Gop {
  #pictures: SentFrame[] = [];
  #bytes = 0;
  #highestPtsMs = -Infinity;

  /** It begins with a keyframe and nothing of it is missing. */
  get whole(): boolean {
    return this.#pictures.length > 0;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  /** Milliseconds from its first picture to its newest. */
  get spanMs(): number {
    return (this.#pictures.at(-1)?.sample.dtsMs ?? 0) - (this.#pictures[0]?.sample.dtsMs ?? 0);
  }

  add(picture: SentFrame): void {
    if (picture.sample.keyframe) this.clear();
    else if (!this.whole) return;
    this.#pictures.push(picture);
    this.#bytes += picture.tagPayload.length;
    this.#highestPtsMs = Math.max(this.#highestPtsMs, ptsMs(picture.sample));
    if (this.#pictures.length > MOST_FRAMES || this.#bytes > MOST_BYTES) this.clear();
  }

  clear(): void {
    this.#pictures = [];
    this.#bytes = 0;
    this.#highestPtsMs = -Infinity;
  }

  /**
   * Whether the picture is displayed after all that are here. Then these are displayed without a hole among them, since an
   * encoder sends what it displays between two such pictures before the next one.
   */
  endsBefore(sample: MediaSample): boolean {
    return ptsMs(sample) > this.#highestPtsMs;
  }

  /** All of it, squeezed into the time from `fromMs` to `toMs` (decode times). */
  replay(fromMs: number, toMs: number): ReplayedPicture[] {
    const count = this.#pictures.length;
    const glimpse = Math.min(GLIMPSE_MS, (toMs - fromMs) / 2 / Math.max(1, count));
    const delayMs = this.#pictures[0]?.sample.ctsMs ?? 0;
    const byDisplay = [...this.#pictures].sort((a, b) => ptsMs(a.sample) - ptsMs(b.sample));
    const place = new Map(byDisplay.map((picture, index) => [picture, index]));
    return this.#pictures.map((picture, index) => {
      const { sample, tagPayload } = picture;
      const displayed = place.get(picture)!;
      const dtsMs = fromMs + index * glimpse;
      const durationMs = index === count - 1 ? toMs - dtsMs : glimpse;
      const ctsMs = delayMs + (displayed - index) * glimpse;
      return {
        sample: { ...sample, dtsMs, ctsMs, durationMs, replayed: true },
        tagPayload,
        replay: {
          sentMs: sample.dtsMs,
          ...(displayed === count - 1 && { presentationMs: fromMs + delayMs }),
        },
      };
    });
  }
}

function ptsMs({ dtsMs, ctsMs }: MediaSample): number {
  return dtsMs + ctsMs;
}
