const EMPTY = Buffer.alloc(0);
/** Up to here a message's buffer is made at its exact size at once; above, it grows as the bytes arrive. */
const EXACT_BYTES = 512 * 1024;

/** What is remembered of one chunk stream: its last message header, and the message that is arriving. */
export class ChunkStream {
  readonly id: number;
  /** Absolute, unsigned 32 bits. */
  timestamp = 0;
  /** The last timestamp field: what a type 3 header adds when it begins a message (section 5.3.1.2.4). */
  delta = 0;
  /** The last timestamp field came as an extended timestamp. */
  extended = false;
  length = 0;
  type = 0;
  messageStreamId = 0;
  /** A header with a length has been seen. */
  begun = false;
  received = 0;
  /** Bytes reserved for the message that is arriving. */
  reserved = 0;
  #payload = EMPTY;

  constructor(id: number) {
    this.id = id;
  }

  /** Bytes by which the reservation must grow before `count` more bytes can be taken. */
  shortOf(count: number): number {
    const needed = this.received + count;
    if (needed <= this.reserved) return 0;
    if (this.length <= EXACT_BYTES) return this.length - this.reserved;
    return Math.min(this.length, Math.max(needed, this.reserved * 2, EXACT_BYTES)) - this.reserved;
  }

  grow(by: number): void {
    const larger = Buffer.allocUnsafe(this.reserved + by);
    if (this.received > 0) this.#payload.copy(larger, 0, 0, this.received);
    this.#payload = larger;
    this.reserved += by;
  }

  take(data: Buffer, start: number, end: number): void {
    data.copy(this.#payload, this.received, start, end);
    this.received += end - start;
  }

  /** The finished message's payload; the stream is then ready for the next one. */
  finish(): Buffer {
    const payload = this.#payload;
    this.discard();
    return payload;
  }

  discard(): void {
    this.#payload = EMPTY;
    this.received = 0;
    this.reserved = 0;
  }
}
