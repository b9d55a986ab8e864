import { HANDSHAKE_BYTES } from '../rtmp/protocol.ts';

/** More than any encoder says before its media. */
const ENOUGH_BYTES = 64 * 1024;

/**
 * What a client has sent behind its handshake, byte for byte, so that an ingest can be told the same. Holds what is added
 * while it is not full, so 64 KiB and the read that filled it.
 */
export class ClientRecord {
  readonly #pieces: Buffer[] = [];
  #skipped = 0;
  #length = 0;

  /** Bytes behind the handshake. */
  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= ENOUGH_BYTES;
  }

  /** Copies the first `length` bytes. */
  add(bytes: Buffer, length: number): void {
    const start = Math.min(length, HANDSHAKE_BYTES - this.#skipped);
    this.#skipped += start;
    if (start === length) return;
    this.#pieces.push(Buffer.from(bytes.subarray(start, length)));
    this.#length += length - start;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  clear(): void {
    this.#pieces.length = 0;
    this.#length = 0;
  }
}
