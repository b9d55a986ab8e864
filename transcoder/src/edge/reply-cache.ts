import type { SharedReply } from './upstream-reply.ts';

/** What an answer costs besides its body: its head, and what stands around it. */
const OVERHEAD_BYTES = 1024;

interface Entry {
  readonly reply: SharedReply;
  readonly expiresMs: number;
  readonly bytes: number;
}

/** Answers by what was asked, for as long as they are good; beyond its bytes those go that were not asked for the longest. */
export class ReplyCache {
  readonly #mostBytes: number;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(mostBytes: number, now: () => number) {
    this.#mostBytes = mostBytes;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): SharedReply | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresMs <= this.#now()) {
      this.#bytes -= entry.bytes;
      return undefined;
    }
    this.#entries.set(key, entry);
    return entry.reply;
  }

  put(key: string, reply: SharedReply): void {
    const { lifetimeMs } = reply;
    // Compressed, it is smaller: how much so is not known yet.
    const bytes = (reply.gzip ? 2 : 1) * reply.plain.heldBytes + OVERHEAD_BYTES;
    this.#remove(key);
    if (lifetimeMs <= 0 || bytes > this.#mostBytes) return;
    this.#entries.set(key, { reply, expiresMs: this.#now() + lifetimeMs, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}
