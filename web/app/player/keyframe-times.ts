/** Older keyframes are forgotten, beyond what a playlist holds. */
const MAX_TIMES = 256;
/** Buffered times and times of a playlist differ by less than this, in seconds. */
const TOLERANCE = 0.1;

/** Media times of what was appended and decodes by itself, in seconds. */
export class KeyframeTimes {
  readonly #times: number[] = [];

  appended(start: number): void {
    this.#times.push(start);
    if (this.#times.length > MAX_TIMES) this.#times.shift();
  }

  clear(): void {
    this.#times.length = 0;
  }

  /**
   * How far the buffer may be cleared behind a playhead. Removing a keyframe removes all that hangs on it, the picture
   * that is shown included, however long ago the keyframe was (MSE, coded frame removal).
   */
  removableUntil(end: number, currentTime: number): number {
    const needed = this.#times.findLast((time) => time <= currentTime);
    return needed === undefined ? 0 : Math.min(end, needed - TOLERANCE);
  }
}
