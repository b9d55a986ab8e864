const JUMP_MS = 10_000;
const WEIGHT = 1 / 16;

/** Reads the timestamps of one track: how many frames a second, what is missing, where they jump. */
export class TimestampSteps {
  /** Milliseconds, unsigned 32 bits; `undefined` before the first frame. */
  latest: number | undefined;
  /** Frames per second of the last window, two decimals; `undefined` before that. */
  ratePerSecond: number | undefined;
  missing = 0;
  jumps = 0;
  #usualStep: number | undefined;
  #windowFirst: number | undefined;
  #windowSteps = 0;

  /** Answers `false` where the timestamp jumped. */
  step(timestamp: number): boolean {
    const latest = this.latest;
    this.latest = timestamp;
    if (latest === undefined) {
      this.#windowFirst = timestamp;
      return true;
    }
    // Signed 32 bits: a wrap is a small step.
    const step = (timestamp - latest) | 0;
    if (step < 0 || step > JUMP_MS) {
      this.jumps += 1;
      this.#windowFirst = timestamp;
      this.#windowSteps = 0;
      return false;
    }
    this.#windowSteps += 1;
    const usual = this.#usualStep;
    if (usual === undefined) this.#usualStep = step;
    else {
      if (usual > 0 && step > usual * 1.75 + 2) this.missing += Math.round(step / usual) - 1;
      else this.#usualStep = usual + (step - usual) * WEIGHT;
    }
    return true;
  }

  closeWindow(): void {
    if (this.latest === undefined || this.#windowFirst === undefined) return;
    const span = (this.latest - this.#windowFirst) >>> 0;
    if (span > 0) this.ratePerSecond = Math.round((this.#windowSteps * 100_000) / span) / 100;
    else this.ratePerSecond = 0;
    this.#windowFirst = this.latest;
    this.#windowSteps = 0;
  }
}
