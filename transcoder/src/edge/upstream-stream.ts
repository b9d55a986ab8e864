import { SILENT, type Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream-call.ts';

/**
 * Why there is no answer: there is no such stream; its transcoder could not be reached in time, or did not answer; it sent something
 * else; there is no room for the answer beside the others that are on their way.
 */
export type UpstreamProblem = 'unknown' | 'unreachable' | 'unusable' | 'overloaded';

/** One question to a transcoder; exactly one of its functions is called, once. */
export interface Flight {
  readonly asked: UpstreamRequest;
  answered(answer: UpstreamAnswer): void;
  refused(problem: UpstreamProblem): void;
}

export interface UpstreamStreamOptions {
  readonly transcoder: Upstream;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
  readonly random: () => number;
  /** How long a transcoder may be away, in milliseconds. */
  readonly holdMs: number;
  /** A request was sent. */
  readonly called: () => void;
  /** There is a transcoder: it took a connection. */
  readonly reached: () => void;
}

/** Between two attempts to reach a transcoder that is away, milliseconds. */
const LEAST_RETRY_MS = 100;
const MOST_RETRY_MS = 200;
/** A stream that answered so long ago may be a moment without a name or a transcoder. */
const KNOWN_MS = 60_000;

interface Attempt {
  abort: (() => void) | undefined;
  /** Since when the transcoder has the question. */
  askedSinceMs: number | undefined;
  /** Since when it has failed. */
  failingSinceMs: number | undefined;
}

/**
 * The way to the transcoder of one stream. While that cannot be reached, what is asked of it is held, and one question at a
 * time is tried until one gets through; then all are asked.
 */
export class UpstreamStream {
  readonly #options: UpstreamStreamOptions;
  readonly #attempts = new Map<Flight, Attempt>();
  /** Those that wait for the transcoder to come back, in the order in which they came. */
  readonly #held = new Set<Flight>();
  #retry: NodeJS.Timeout | undefined;
  #answeredMs = -Infinity;

  constructor(options: UpstreamStreamOptions) {
    this.#options = options;
  }

  /** Questions that have no answer yet. */
  get size(): number {
    return this.#attempts.size;
  }

  get held(): number {
    return this.#held.size;
  }

  /** It answered a moment ago. */
  get known(): boolean {
    return this.#options.now() - this.#answeredMs < KNOWN_MS;
  }

  ask(flight: Flight): void {
    const isAway = this.#held.size > 0;
    const attempt: Attempt = {
      abort: undefined,
      askedSinceMs: undefined,
      failingSinceMs: isAway ? this.#options.now() : undefined,
    };
    this.#attempts.set(flight, attempt);
    if (isAway) this.#held.add(flight);
    else this.#call(flight, attempt);
  }

  /** Nobody wants to know any more. */
  drop(flight: Flight): void {
    const attempt = this.#attempts.get(flight);
    this.#forget(flight);
    attempt?.abort?.();
  }

  close(): void {
    clearTimeout(this.#retry);
    for (const flight of [...this.#attempts.keys()]) this.drop(flight);
  }

  #call(flight: Flight, attempt: Attempt): void {
    const { transcoder, called, reached, now } = this.#options;
    called();
    attempt.askedSinceMs = undefined;
    attempt.abort = transcoder.call(flight.asked, {
      connected: () => {
        attempt.askedSinceMs ??= now();
        reached();
        this.#release();
      },
      answered: (answer) => {
        this.#answeredMs = now();
        this.#forget(flight);
        flight.answered(answer);
      },
      failed: (code, stale) => this.#failed(flight, attempt, code, stale),
    });
  }

  #failed(flight: Flight, attempt: Attempt, code: string, stale: boolean): void {
    const { now, holdMs } = this.#options;
    attempt.abort = undefined;
    // A transcoder that held it back for so long was not away.
    if (attempt.askedSinceMs !== undefined && now() - attempt.askedSinceMs >= holdMs)
      attempt.failingSinceMs = undefined;
    if (stale && attempt.failingSinceMs === undefined) {
      attempt.failingSinceMs = now();
      return this.#call(flight, attempt);
    }
    if (code === 'EMSGSIZE' || code.startsWith('HPE_')) return this.#refuse(flight, 'unusable');
    // It is there, and the others may well be answered.
    if (code === SILENT) return this.#refuse(flight, 'unreachable');
    if (code === 'ENOBUFS') return this.#refuse(flight, 'overloaded');
    if (code === 'ENOTFOUND' && !this.known) return this.#refuse(flight, 'unknown');
    attempt.failingSinceMs ??= now();
    if (now() - attempt.failingSinceMs >= holdMs) return this.#refuse(flight, 'unreachable');
    this.#held.add(flight);
    this.#retry ??= setTimeout(() => this.#tryAgain(), this.#retryMs());
  }

  #retryMs(): number {
    return LEAST_RETRY_MS + this.#options.random() * (MOST_RETRY_MS - LEAST_RETRY_MS);
  }

  #tryAgain(): void {
    this.#retry = undefined;
    const { now, holdMs } = this.#options;
    for (const flight of this.#held) {
      const { failingSinceMs = now() } = this.#attempts.get(flight)!;
      if (now() - failingSinceMs >= holdMs) this.#refuse(flight, 'unreachable');
    }
    const [first] = this.#held;
    if (!first) return;
    this.#held.delete(first);
    // The others go on waiting for what becomes of it.
    this.#retry = setTimeout(() => this.#tryAgain(), this.#retryMs());
    this.#call(first, this.#attempts.get(first)!);
  }

  /** The transcoder is there: all who waited are asked. */
  #release(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const held = [...this.#held];
    this.#held.clear();
    for (const flight of held) this.#call(flight, this.#attempts.get(flight)!);
  }

  #refuse(flight: Flight, problem: UpstreamProblem): void {
    this.#forget(flight);
    flight.refused(problem);
  }

  #forget(flight: Flight): void {
    this.#attempts.delete(flight);
    this.#held.delete(flight);
  }
}
