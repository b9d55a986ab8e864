const POLL_MS = 300;

/**
 * Wakes whoever waits for a change of an SQLite file: at once for changes of this process (`notify`), and within 300 ms
 * for those of another, for which `PRAGMA data_version` is polled while somebody waits.
 */
export class ChangeSignal {
  readonly #dataVersion: () => number;
  readonly #waiting = new Set<() => void>();
  #seen: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(dataVersion: () => number) {
    this.#dataVersion = dataVersion;
    this.#seen = dataVersion();
  }

  /** Resolves at a change, now and then without one, when the signal aborts and at `close`. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#closed || signal.aborted) return;
    // #seen stays as the last poll left it: what was written elsewhere since then, even before this call, wakes too.
    this.#timer ??= setInterval(() => this.#poll(), POLL_MS).unref();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#waiting.add(wake);
    signal.addEventListener('abort', wake);
    try {
      await promise;
    } finally {
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      if (this.#waiting.size === 0) this.#stopPolling();
    }
  }

  notify(): void {
    for (const wake of this.#waiting) wake();
  }

  close(): void {
    this.#closed = true;
    this.#stopPolling();
    this.notify();
  }

  #poll(): void {
    let version: number | undefined;
    try {
      version = this.#dataVersion();
    } catch {
      // Whoever is woken reads the file, and meets the error where it can be dealt with.
    }
    if (version === this.#seen) return;
    this.#seen = version ?? this.#seen;
    this.notify();
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
