export interface TokenBucketOptions {
  /** Tokens that come in a second. */
  readonly perSecond: number;
  /** Most that are saved up, and those that are there at first. */
  readonly burst: number;
}

/** How often something may be done over time, with a reserve for what comes at once. */
export class TokenBucket {
  readonly #options: TokenBucketOptions;
  readonly #now: () => number;
  #tokens: number;
  #atMs: number;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(options: TokenBucketOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    this.#tokens = options.burst;
    this.#atMs = now();
  }

  /** False where there is none. */
  take(): boolean {
    const { perSecond, burst } = this.#options;
    const nowMs = this.#now();
    this.#tokens = Math.min(burst, this.#tokens + ((nowMs - this.#atMs) * perSecond) / 1_000);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
