import type { Decision } from '../decide/index.ts';

export type Poll = Decision<unknown>['poll'];

export interface PodStatesOptions {
  /** Asks all pods of a resource and takes their answers in; whether all of them answered. Never rejects. */
  readonly ask: (key: string) => Promise<boolean>;
  /** Resources whose pods are asked at once. */
  readonly concurrency?: number;
  readonly everyMs?: number;
  /** Of those, how many may have been silent when they were last asked. */
  readonly silentConcurrency?: number;
  /** All that are only swept are asked within this time. */
  readonly sweepMs?: number;
}

const CONCURRENCY = 32;
const SILENT_CONCURRENCY = 16;
const EVERY_MS = 1_000;
const SWEEP_MS = 60_000;

/**
 * Decides whose pods are asked when: those with a show each second, the others once a minute, evenly spread, and those that
 * were never asked before all others. A resource whose answers take longer is not asked twice at once; those that were silent come
 * last, and leave room for others: behind a network that swallows what is sent each takes a second.
 */
export class PodStates {
  readonly #options: Required<PodStatesOptions>;
  // Each in the order of their turns.
  readonly #active = new Set<string>();
  readonly #swept = new Set<string>();
  readonly #fresh = new Set<string>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #silent = new Set<string>();
  /** Those of them whose turn it is, the longest waiting first. */
  readonly #waitingSilent = new Set<string>();
  #silentAsked = 0;
  #waiting: Iterator<string> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PodStatesOptions) {
    this.#options = {
      concurrency: CONCURRENCY,
      silentConcurrency: SILENT_CONCURRENCY,
      everyMs: EVERY_MS,
      sweepMs: SWEEP_MS,
      ...options,
    };
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#beat(), this.#options.everyMs);
  }

  set(key: string, poll: Poll): void {
    const isKnown = this.#isPolled(key);
    if (poll !== 'active') this.#active.delete(key);
    if (poll !== 'sweep') this.#swept.delete(key);
    if (poll === 'none') {
      this.#fresh.delete(key);
      this.#silent.delete(key);
      this.#waitingSilent.delete(key);
    } else {
      if (!isKnown) this.#fresh.add(key);
      (poll === 'active' ? this.#active : this.#swept).add(key);
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#waiting = undefined;
    this.#waitingSilent.clear();
    await Promise.all(this.#asking.values());
  }

  #beat(): void {
    this.#waiting = this.#due();
    this.#fill();
  }

  /** Whose turn it is in this beat. */
  *#due(): Generator<string> {
    const { everyMs, sweepMs } = this.#options;
    const share = Math.ceil((this.#swept.size * everyMs) / sweepMs);
    yield* taken(this.#active, this.#active.size);
    yield* taken(this.#fresh, this.#fresh.size);
    yield* taken(this.#swept, share);
  }

  #fill(): void {
    while (this.#asking.size < this.#options.concurrency) {
      const key = this.#next();
      if (key === undefined) return;
      if (this.#isPolled(key) && !this.#asking.has(key)) this.#ask(key);
    }
  }

  #isPolled(key: string): boolean {
    return this.#active.has(key) || this.#swept.has(key);
  }

  #next(): string | undefined {
    for (let next = this.#waiting?.next(); next && !next.done; next = this.#waiting?.next()) {
      if (!this.#silent.has(next.value)) return next.value;
      this.#waitingSilent.add(next.value);
    }
    if (this.#silentAsked >= this.#options.silentConcurrency) return undefined;
    const [longest] = this.#waitingSilent;
    if (longest !== undefined) this.#waitingSilent.delete(longest);
    return longest;
  }

  #ask(key: string): void {
    this.#fresh.delete(key);
    const wasSilent = this.#silent.has(key);
    if (wasSilent) this.#silentAsked += 1;
    const asked = this.#options.ask(key).then((allAnswered) => {
      if (wasSilent) this.#silentAsked -= 1;
      // It may not be wanted any more.
      if (allAnswered || !this.#isPolled(key)) this.#silent.delete(key);
      else this.#silent.add(key);
      this.#asking.delete(key);
      this.#fill();
    });
    this.#asking.set(key, asked);
  }
}

/** The first so many, each put at the end of the line: where a beat is too short for all, the next one begins with the others. */
function* taken(line: Set<string>, count: number): Generator<string> {
  for (const key of line) {
    if (count-- <= 0) return;
    line.delete(key);
    line.add(key);
    yield key;
  }
}
