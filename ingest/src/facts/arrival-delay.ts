/** Clocks of sender and receiver part by up to this much; the best arrival is forgotten as fast. */
const CLOCK_SKEW = 0.001;

/** How much later than the best ones media arrives: what waits in the publisher's queue or in the network. */
export class ArrivalDelay {
  /** Of the latest media. */
  milliseconds = 0;
  #latest: number | undefined;
  /** From the first timestamp to the latest. */
  #elapsed = 0;
  #firstArrival = 0;
  #best = 0;

  arrived(timestamp: number, now: number): void {
    if (this.#latest === undefined) {
      this.#elapsed = 0;
      this.#firstArrival = now;
      this.#best = 0;
    }
    // Signed 32 bits: a wrap is a small step, and a first picture may be older than the sound that came before it.
    else this.#elapsed += (timestamp - this.#latest) | 0;
    this.#latest = timestamp;
    const late = now - this.#firstArrival - this.#elapsed;
    if (late < this.#best) this.#best = late;
    this.milliseconds = Math.round(late - this.#best);
  }

  closeWindow(elapsedMs: number): void {
    this.#best += elapsedMs * CLOCK_SKEW;
  }

  reset(): void {
    this.#latest = undefined;
    this.milliseconds = 0;
  }
}
