import { clientNetwork } from './client-network.ts';

/** What the number of connections and their age is counted by. */
export interface Connection {
  readonly address: string;
  /** It has not shown a key that is known. */
  readonly isStranger: boolean;
  sweep(now: number): void;
  /** Closes at once, without a word: another needs its place. */
  displace(): void;
  close(): Promise<void>;
}

export interface ConnectionLimits {
  readonly unauthenticatedPerAddress: number;
  readonly unauthenticatedTotal: number;
  readonly maxPublishers: number;
}

/** The open connections of a server, over all of its listeners. */
export class Connections<C extends Connection> implements Iterable<C> {
  readonly #limits: ConnectionLimits;
  readonly #now: () => number;
  /** Each with the network that it comes from, the oldest first. */
  readonly #open = new Map<C, string>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Begins to look each `sweepMs` for what takes too long; `alongside` is called as often. */
  start(sweepMs: number, alongside?: () => void): void {
    this.#sweeper = setInterval(() => {
      const now = this.#now();
      for (const connection of this.#open.keys()) connection.sweep(now);
      alongside?.();
    }, sweepMs);
  }

  /** Closes all and waits until they are gone. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#open.keys()].map((connection) => connection.close()));
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#open.keys();
  }

  add(connection: C): void {
    this.#open.set(connection, clientNetwork(connection.address));
  }

  delete(connection: C): void {
    this.#open.delete(connection);
  }

  /**
   * Makes room for a stranger from this address, where there is none by sending the oldest away. Who means to publish has shown
   * its key long before it is that; were newcomers sent away, who holds all places would lock everybody else out.
   */
  makeRoomFor(address: string | undefined): void {
    const { unauthenticatedPerAddress, unauthenticatedTotal } = this.#limits;
    const network = clientNetwork(address ?? '');
    const strangers = [...this.#open].filter(([{ isStranger }]) => isStranger);
    const neighbours = strangers.filter(([, theirs]) => theirs === network);
    let oldest: C | undefined;
    if (neighbours.length >= unauthenticatedPerAddress) oldest = neighbours[0]?.[0];
    else if (strangers.length >= unauthenticatedTotal) oldest = strangers[0]?.[0];
    if (!oldest) return;
    // It counts no more, though its end takes a moment.
    this.#open.delete(oldest);
    oldest.displace();
  }

  mayPublish(): boolean {
    return [...this].filter(({ isStranger }) => !isStranger).length < this.#limits.maxPublishers;
  }
}
