import { clientNetwork } from './client-network.ts';

/** What the number of connections and their age is counted by. */
export interface Connection {
  readonly address: string;
  /** It has not shown a key that is known. */
  readonly isStranger: boolean;
  /** Its key is not being checked, or has been found unknown. */
  readonly isDispensable: boolean;
  sweep(now: number): void;
  /** Closes at once, for another's sake. */
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
   * Whether a stranger from this address may connect. Where there are too many, who has been here the longest without showing a key
   * goes: an encoder shows its own within a second, so that those who only take up room keep nobody out.
   */
  makeRoomFor(address: string | undefined): boolean {
    const { unauthenticatedPerAddress, unauthenticatedTotal } = this.#limits;
    const network = clientNetwork(address ?? '');
    return this.#makeRoom(unauthenticatedPerAddress, network) && this.#makeRoom(unauthenticatedTotal);
  }

  mayPublish(): boolean {
    return this.#open.size - this.#strangers().length < this.#limits.maxPublishers;
  }

  #makeRoom(most: number, network?: string): boolean {
    const strangers = this.#strangers(network);
    if (strangers.length < most) return true;
    const oldest = strangers.find(({ isDispensable }) => isDispensable);
    if (!oldest) return false;
    this.#open.delete(oldest);
    oldest.displace();
    return true;
  }

  /** Connections that do not publish, of one network or of all, the oldest first. */
  #strangers(network?: string): C[] {
    return [...this.#open]
      .filter(([{ isStranger }, theirs]) => isStranger && (network === undefined || theirs === network))
      .map(([connection]) => connection);
  }
}
