/** What the number of connections and their age is counted by. */
export interface Connection {
  readonly address: string;
  /** It has not shown a key that is known. */
  readonly isStranger: boolean;
  sweep(now: number): void;
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
  readonly #open = new Set<C>();
  #sweeper: NodeJS.Timeout | undefined;

  constructor(limits: ConnectionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Begins to look each `sweepMs` for what takes too long; `alongside` is called as often. */
  start(sweepMs: number, alongside?: () => void): void {
    this.#sweeper = setInterval(() => {
      const now = this.#now();
      for (const connection of this.#open) connection.sweep(now);
      alongside?.();
    }, sweepMs);
  }

  /** Closes all and waits until they are gone. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }

  get size(): number {
    return this.#open.size;
  }

  [Symbol.iterator](): Iterator<C> {
    return this.#open.values();
  }

  add(connection: C): void {
    this.#open.add(connection);
  }

  delete(connection: C): void {
    this.#open.delete(connection);
  }

  /** Whether a stranger from this address may connect. */
  hasRoomFor(address: string | undefined): boolean {
    const { unauthenticatedPerAddress, unauthenticatedTotal } = this.#limits;
    return this.#strangers() < unauthenticatedTotal && this.#strangers(address) < unauthenticatedPerAddress;
  }

  mayPublish(): boolean {
    return this.#open.size - this.#strangers() < this.#limits.maxPublishers;
  }

  /** Connections that do not publish, of one address or of all. */
  #strangers(address?: string): number {
    let count = 0;
    for (const connection of this.#open) {
      if (connection.isStranger && (address === undefined || connection.address === address)) count += 1;
    }
    return count;
  }
}
