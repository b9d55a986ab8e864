const MOST = 10_000;

/** Streams of which something was found a while ago; of too many the oldest are forgotten. */
export class RecentStreams {
  readonly #forMs: number;
  readonly #now: () => number;
  readonly #untilMs = new Map<string, number>();

  /**
   * @param forMs How long it is remembered.
   * @param now Milliseconds of a clock that only goes forward.
   */
  constructor(forMs: number, now: () => number) {
    this.#forMs = forMs;
    this.#now = now;
  }

  has(id: string): boolean {
    const until = this.#untilMs.get(id);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#untilMs.delete(id);
    return false;
  }

  add(id: string): void {
    this.#untilMs.delete(id);
    this.#untilMs.set(id, this.#now() + this.#forMs);
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= MOST) break;
      this.#untilMs.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#untilMs.delete(id);
  }
}
