import { FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, type FlvTag } from '../seams/flv-source.ts';

const FILE_HEADER_BYTES = 9;
const TAG_HEADER_BYTES = 11;
const TRAILER_BYTES = 4;
const TYPES: ReadonlySet<number> = new Set([FLV_AUDIO, FLV_VIDEO, FLV_SCRIPT]);

/** Thrown for bytes that are no FLV, or a tag that is too long; nothing more can be read after them. */
export class FlvError extends Error {
  override readonly name = 'FlvError';
}

/**
 * Makes tags from the bytes of an FLV stream as they come (Adobe FLV specification 10.1, annex E.2 to E.4). A payload that
 * came in one piece is a slice of it, so the pieces must never be written to again; one that came in several is joined,
 * which copies it once. Memory grows with the bytes that arrive, never with a length that was announced.
 */
export class FlvStreamParser {
  readonly #mostBytes: number;
  readonly #onTag: (tag: FlvTag) => void;
  /** What came of the header, trailer or payload that is not whole yet. */
  #pieces: Buffer[] = [];
  #length = 0;
  #wanted = FILE_HEADER_BYTES;
  #expects: 'file' | 'trailer' | 'header' | 'payload' = 'file';
  #type: FlvTag['type'] = FLV_SCRIPT;
  #timestamp = 0;
  #tagBytes = 0;

  /** @param mostBytes Longest payload that is taken. */
  constructor(mostBytes: number, onTag: (tag: FlvTag) => void) {
    this.#mostBytes = mostBytes;
    this.#onTag = onTag;
  }

  /** Throws FlvError, and what `onTag` throws. */
  push(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const missing = this.#wanted - this.#length;
      const piece = bytes.subarray(at, at + missing);
      at += piece.length;
      if (piece.length < missing) {
        this.#pieces.push(piece);
        this.#length += piece.length;
        return;
      }
      const whole = this.#length === 0 ? piece : Buffer.concat([...this.#pieces, piece], this.#wanted);
      this.#pieces = [];
      this.#length = 0;
      this.#take(whole);
    }
  }

  #take(whole: Buffer): void {
    switch (this.#expects) {
      case 'file':
        if (whole.toString('latin1', 0, 3) !== 'FLV' || whole[3] !== 1 || whole.readUInt32BE(5) !== FILE_HEADER_BYTES) {
          throw new FlvError('The stream does not begin with the header of an FLV file.');
        }
        this.#await('trailer', TRAILER_BYTES);
        return;
      case 'trailer': {
        const said = whole.readUInt32BE(0);
        if (said !== this.#tagBytes)
          throw new FlvError(`A tag of ${this.#tagBytes} bytes ends with the length ${said}.`);
        this.#await('header', TAG_HEADER_BYTES);
        return;
      }
      case 'header':
        this.#begin(whole);
        return;
      case 'payload': {
        // First what is awaited next: whoever takes the tag may throw.
        this.#await('trailer', TRAILER_BYTES);
        this.#onTag({ type: this.#type, timestamp: this.#timestamp, payload: whole });
      }
    }
  }

  #begin(header: Buffer): void {
    const type = header[0]!;
    const length = header.readUIntBE(1, 3);
    if (!TYPES.has(type)) throw new FlvError(`A tag is of the type ${type}: it must be 8, 9 or 18.`);
    if (length === 0 || length > this.#mostBytes) {
      throw new FlvError(`A tag has ${length} bytes: it must have 1 to ${this.#mostBytes}.`);
    }
    this.#type = type as FlvTag['type'];
    this.#timestamp = (header.readUIntBE(4, 3) | (header[7]! << 24)) >>> 0;
    this.#tagBytes = TAG_HEADER_BYTES + length;
    this.#await('payload', length);
  }

  #await(what: 'trailer' | 'header' | 'payload', bytes: number): void {
    this.#expects = what;
    this.#wanted = bytes;
  }
}
