import { RecentStreams } from './recent-streams.ts';
import { TokenBucket, type TokenBucketOptions } from './token-bucket.ts';

export interface LookLimits {
  /** Streams whose transcoder was not reached yet that may be looked for at a time: what is not there must not hold up the rest. */
  readonly unknownStreams: number;
  /**
   * How often such a stream may be looked for: any viewer can think of any number of names, each is two questions to the cluster's DNS, and
   * the threads that wait for its answers are those by which all transcoders are found.
   */
  readonly lookups: TokenBucketOptions;
}

/** A stream whose transcoder was not reached yet, while somebody waits for it. */
export interface Look {
  readonly id: string;
  /** When it began. */
  readonly sinceMs: number;
}

/** A transcoder that is looked for longer than this makes room for another. */
const LOOK_MS = 1_000;
/** How long it is believed that there is no such stream. */
const UNKNOWN_MS = 1_000;
/** Streams that were reached so long ago may be looked for however many others are. */
const REACHED_MS = 3_600_000;
/** How often each of them: who asks and leaves at once would have it looked for again and again. */
const REACHED_AGAIN_MS = 100;

/** The streams that are looked for, and what is remembered of those that were. */
export class Looks<Stream extends Look> {
  readonly #limits: LookLimits;
  readonly #now: () => number;
  /** The oldest first. */
  readonly #open = new Map<string, Stream>();
  readonly #unknown: RecentStreams;
  /** Those that were let go of since. */
  readonly #reached: RecentStreams;
  /** Of those, which were looked for a moment ago. */
  readonly #again: RecentStreams;
  readonly #lookups: TokenBucket;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(limits: LookLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#unknown = new RecentStreams(UNKNOWN_MS, now);
    this.#reached = new RecentStreams(REACHED_MS, now);
    this.#again = new RecentStreams(REACHED_AGAIN_MS, now);
    this.#lookups = new TokenBucket(limits.lookups, now);
  }

  get all(): readonly Stream[] {
    return [...this.#open.values()];
  }

  get(id: string): Stream | undefined {
    return this.#open.get(id);
  }

  /** It was found a moment ago that there is no such stream. */
  isUnknown(id: string): boolean {
    return this.#unknown.has(id);
  }

  /** Takes what it costs to look for a stream. Instead of whom it is looked for, is to be given up before it begins. */
  admit(id: string): { readonly admitted: boolean; readonly insteadOf?: Stream | undefined } {
    const wasReached = this.#reached.has(id) && !this.#again.has(id);
    const isFull = this.#open.size >= this.#limits.unknownStreams;
    const insteadOf = isFull ? this.#inTheWayOf(wasReached) : undefined;
    if (isFull && !insteadOf) return { admitted: false };
    if (wasReached) this.#again.add(id);
    return { admitted: wasReached || this.#lookups.take(), insteadOf };
  }

  /**
   * A transcoder that is there is found at once, so that the one that has been looked for the longest gives way. For a stream that was
   * reached all that were not do: there are any number of streams without a transcoder.
   */
  #inTheWayOf(wasReached: boolean): Stream | undefined {
    return this.all.find(
      ({ id, sinceMs }) => this.#now() - sinceMs >= LOOK_MS || (wasReached && !this.#reached.has(id)),
    );
  }

  begin(stream: Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** Its transcoder was reached; false where it was not looked for. */
  reached(id: string): boolean {
    return this.#open.delete(id);
  }

  /** It was looked for in vain, and is no longer one that was reached. */
  end(id: string): void {
    if (this.#open.delete(id)) this.#reached.delete(id);
  }

  /** Nobody waits for it any more, which tells nothing of it where it was looked for only for a moment. */
  leave(id: string): void {
    const look = this.#open.get(id);
    if (look && this.#now() - look.sinceMs >= LOOK_MS) this.end(id);
    else this.#open.delete(id);
  }

  /** There is no such stream. */
  isNone(id: string): void {
    this.#unknown.add(id);
    this.#reached.delete(id);
  }

  /** It was reached, and is let go of. */
  letGo(id: string): void {
    this.#reached.add(id);
  }
}
