const WEIGHT = 1 / 8;

/** Bits per second of the last window, and how much it wavers from window to window. */
export class RateMeter {
  bitsPerSecond = 0;
  /** Smoothed mean deviation, bits per second. */
  jitter = 0;
  #bytes = 0;
  #mean: number | undefined;

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  closeWindow(elapsedMs: number): void {
    const rate = Math.round((this.#bytes * 8000) / elapsedMs);
    this.#bytes = 0;
    this.bitsPerSecond = rate;
    if (this.#mean === undefined) {
      this.#mean = rate;
      return;
    }
    this.jitter = Math.round(this.jitter + (Math.abs(rate - this.#mean) - this.jitter) * WEIGHT);
    this.#mean += (rate - this.#mean) * WEIGHT;
  }
}
