/** How long it is believed that there is no such stream. */
const BELIEVED_MS = 1_000;
const MOST = 10_000;

/** The streams that were not there when they were looked for a moment ago. */
export class UnknownStreams {
  readonly #now: () => number;
  readonly #untilMs = new Map<string, number>();

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number) {
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
    this.#untilMs.set(id, this.#now() + BELIEVED_MS);
    for (const oldest of this.#untilMs.keys()) {
      if (this.#untilMs.size <= MOST) break;
      this.#untilMs.delete(oldest);
    }
  }
}
