/** A place is taken for so long at least, which limits how many are asked in a time. */
const LEAST_MS = 1_000;

/** Places for what is asked of a transcoder though no playlist lists it: anyone can think of any number of such names. */
export class Guesses {
  readonly #most: number;
  readonly #now: () => number;
  /** When the last ones began, the oldest first. */
  readonly #beganMs: number[] = [];
  #open = 0;

  /**
   * @param most At a time, and in a second.
   * @param now Milliseconds of a clock that only goes forward.
   */
  constructor(most: number, now: () => number) {
    this.#most = most;
    this.#now = now;
  }

  get hasRoom(): boolean {
    const { length, [0]: oldest = -Infinity } = this.#beganMs;
    return this.#open < this.#most && (length < this.#most || this.#now() - oldest >= LEAST_MS);
  }

  began(): void {
    this.#open += 1;
    this.#beganMs.push(this.#now());
    if (this.#beganMs.length > this.#most) this.#beganMs.shift();
  }

  ended(): void {
    this.#open -= 1;
  }
}
