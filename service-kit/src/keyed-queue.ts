import { type BackOff, backOffMs } from './back-off.ts';

/** The longest time that a timer can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The longest that a key waits after a failure where something has changed since its job began. */
const WANTED_MS = 5_000;

export interface KeyedQueueOptions {
  readonly run: (key: string) => Promise<void>;
  readonly onError: (error: unknown, key: string) => void;
  /** How many keys run at once. */
  readonly concurrency: number;
  readonly backOff: BackOff;
  /** How long whoever refused wants us to wait, where the error tells that. */
  readonly retryAfterMs?: (error: unknown) => number | undefined;
  /** Told how long a key waited for its turn, in ms. */
  readonly onWaited?: (ms: number) => void;
  readonly random?: () => number;
}

/**
 * Runs one job per key at a time, and at most `concurrency` jobs. Keys take turns in the order in which they came, however
 * often they were added; a key that is added while its job runs goes to the end of the line after it. A job that fails is tried
 * again, later each time. It holds at most one entry for each key.
 */
export class KeyedQueue {
  readonly #options: KeyedQueueOptions;
  /** Since when a key waits, in the order of their turns. */
  readonly #urgent = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  /** Added while they run. */
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { dueAt: number; timer: NodeJS.Timeout }>();
  readonly #failures = new Map<string, number>();
  #closed = false;

  constructor(options: KeyedQueueOptions) {
    this.#options = options;
  }

  /** Keys that wait for their turn. */
  get depth(): number {
    return this.#urgent.size + this.#waiting.size + this.#again.size;
  }

  /** Keys whose last job failed. */
  get failing(): number {
    return this.#failures.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#running.has(key)) this.#again.add(key);
    else if (!this.#urgent.has(key) && !this.#waiting.has(key)) this.#waiting.set(key, performance.now());
    this.#fill();
  }

  /** Adds a key that goes before those which `add` added. */
  addFirst(key: string): void {
    if (this.#closed) return;
    if (!this.#running.has(key)) {
      if (!this.#urgent.has(key)) this.#urgent.set(key, this.#waiting.get(key) ?? performance.now());
      this.#waiting.delete(key);
    } else this.#again.add(key);
    this.#fill();
  }

  /** Adds a key in so many ms, unless it is due earlier anyhow. Whenever a key runs, what was to come later is forgotten. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    const dueAt = performance.now() + ms;
    const before = this.#later.get(key);
    if (before && before.dueAt <= dueAt) return;
    clearTimeout(before?.timer);
    const timer = setTimeout(
      () => {
        this.#later.delete(key);
        this.add(key);
      },
      Math.min(Math.max(ms, 0), MAX_TIMER_MS),
    );
    timer.unref();
    this.#later.set(key, { dueAt, timer });
  }

  /** Forgets all that waits and how often it failed; jobs that run go on. */
  clear(): void {
    for (const { timer } of this.#later.values()) clearTimeout(timer);
    for (const keys of [this.#urgent, this.#waiting, this.#again, this.#later, this.#failures]) keys.clear();
  }

  /** Waits for the running jobs; what is added afterwards is ignored. */
  async close(): Promise<void> {
    this.#closed = true;
    this.clear();
    await Promise.all(this.#running.values());
  }

  #fill(): void {
    for (const line of [this.#urgent, this.#waiting]) {
      for (const [key, since] of line) {
        if (this.#running.size >= this.#options.concurrency) return;
        line.delete(key);
        this.#options.onWaited?.(performance.now() - since);
        this.#running.set(
          key,
          Promise.resolve().then(() => this.#work(key)),
        );
      }
    }
  }

  async #work(key: string): Promise<void> {
    clearTimeout(this.#later.get(key)?.timer);
    this.#later.delete(key);
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#options.run(key);
      this.#failures.delete(key);
    } catch (error) {
      failure = { error };
    }
    this.#running.delete(key);
    const isWanted = this.#again.delete(key);
    if (failure) this.addAfter(key, this.#failed(failure.error, key, isWanted));
    else if (isWanted) this.add(key);
    this.#fill();
  }

  /** How long to wait, in ms. What changed while the job ran may mend it; yet a job that changes things must not drive itself. */
  #failed(error: unknown, key: string, isWanted: boolean): number {
    const { onError, backOff, retryAfterMs, random } = this.#options;
    const failures = (this.#failures.get(key) ?? 0) + 1;
    if (!this.#closed) this.#failures.set(key, failures);
    onError(error, key);
    const patienceMs = backOffMs(backOff, failures, random);
    return Math.max(isWanted ? Math.min(patienceMs, WANTED_MS) : patienceMs, retryAfterMs?.(error) ?? 0);
  }
}
