/**
 * Runs one job per key at a time. A key that is added while its job runs is run once more after it, however often it
 * was added.
 */
export class KeyedQueue {
  readonly #run: (key: string) => Promise<void>;
  readonly #onError: (error: unknown, key: string) => void;
  readonly #pending = new Map<string, 'running' | 'again'>();
  #active = new Set<Promise<void>>();
  #closed = false;

  constructor(run: (key: string) => Promise<void>, onError: (error: unknown, key: string) => void) {
    this.#run = run;
    this.#onError = onError;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#pending.has(key)) {
      this.#pending.set(key, 'again');
      return;
    }
    this.#pending.set(key, 'running');
    const work = this.#work(key).finally(() => this.#active.delete(work));
    this.#active.add(work);
  }

  async #work(key: string): Promise<void> {
    do {
      this.#pending.set(key, 'running');
      try {
        await this.#run(key);
      } catch (error) {
        this.#onError(error, key);
      }
    } while (this.#pending.get(key) === 'again' && !this.#closed);
    this.#pending.delete(key);
  }

  /** Waits for the running jobs; what is added afterwards is ignored. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#active);
  }
}
