import type { Exchange } from './exchange.ts';

/** A request that is answered later. */
export interface Waiter {
  readonly exchange: Exchange;
  /** Milliseconds on the clock of the room. */
  readonly deadlineMs: number;
  readonly isReady: () => boolean;
  readonly answer: () => void;
  readonly expire: () => void;
}

const SWEEP_MS = 250;

/** The requests that wait for one rendition to go on: bounded, released in one pass. */
export class WaitingRoom {
  readonly #now: () => number;
  readonly #limit: number;
  #waiters = new Set<Waiter>();
  #sweep: NodeJS.Timeout | undefined;

  constructor(options: { now: () => number; limit: number }) {
    this.#now = options.now;
    this.#limit = options.limit;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** False where the room is full. */
  add(waiter: Waiter): boolean {
    if (this.#waiters.size >= this.#limit) return false;
    this.#waiters.add(waiter);
    waiter.exchange.onGone(() => this.#waiters.delete(waiter));
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS).unref();
    return true;
  }

  /** Answers all whose time has come. */
  release(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isReady()) continue;
      this.#waiters.delete(waiter);
      waiter.answer();
    }
    this.#stopWhenEmpty();
  }

  #expire(): void {
    const now = this.#now();
    for (const waiter of this.#waiters) {
      if (waiter.deadlineMs > now) continue;
      this.#waiters.delete(waiter);
      waiter.expire();
    }
    this.#stopWhenEmpty();
  }

  #stopWhenEmpty(): void {
    if (this.#waiters.size > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
