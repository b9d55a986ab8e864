/** Clocks of sender and receiver part by up to this much; the best arrival is forgotten as fast. */
const CLOCK_SKEW = 0.001;

/** How much later than the best ones media arrives: what waits in the publisher's queue or in the network. */
export class ArrivalDelay {
  /** Of the latest media. */
  milliseconds = 0;
  #first: number | undefined;
  #firstArrival = 0;
  #best = 0;

  arrived(timestamp: number, now: number): void {
    if (this.#first === undefined) {
      this.#first = timestamp;
      this.#firstArrival = now;
      this.#best = 0;
    }
    const late = now - this.#firstArrival - ((timestamp - this.#first) >>> 0);
    if (late < this.#best) this.#best = late;
    this.milliseconds = Math.round(late - this.#best);
  }

  closeWindow(elapsedMs: number): void {
    this.#best += elapsedMs * CLOCK_SKEW;
  }

  reset(): void {
    this.#first = undefined;
    this.milliseconds = 0;
  }
}
