import { type EncodedPicture, readFragment, readVideoTrack, type VideoTrack } from './video-track.ts';

/** What a chunk of the pipe brought to its end, or why nothing more can be read from it. */
export type Fmp4Event =
  | { readonly type: 'track'; readonly track: VideoTrack }
  | { readonly type: 'picture'; readonly picture: EncodedPicture }
  | { readonly type: 'malformed'; readonly reason: string };

const HEADER_BYTES = 8;
/** Bytes that a box may have; of others only the length is believed, and never more than a movie header's. */
const LIMITS: Readonly<Record<string, number>> = { moof: 256 * 1024, mdat: 32 * 1024 * 1024 };
const OTHER_LIMIT = 1024 * 1024;

/**
 * Reads the fragmented MP4 of one video track as it comes out of a pipe, split anywhere. Payloads are slices of the
 * chunks; only what lies across two of them is joined. Holds one box at most. After `malformed` it reads nothing.
 */
export class Fmp4Reader {
  #chunks: Buffer[] = [];
  #length = 0;
  #header: { readonly type: string; readonly bodyBytes: number } | undefined;
  #track: VideoTrack | undefined;
  #moof: Buffer | undefined;
  #broken = false;

  push(chunk: Buffer): Fmp4Event[] {
    if (this.#broken || chunk.length === 0) return [];
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const events: Fmp4Event[] = [];
    try {
      while (this.#next(events));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#broken = true;
      this.#chunks = [];
      events.push({ type: 'malformed', reason: error.message });
    }
    return events;
  }

  /** Reads one box header or body; false where more bytes are needed. */
  #next(events: Fmp4Event[]): boolean {
    if (!this.#header) {
      if (this.#length < HEADER_BYTES) return false;
      const header = this.#take(HEADER_BYTES);
      const type = header.toString('latin1', 4, 8);
      const size = header.readUInt32BE(0);
      const limit = LIMITS[type] ?? OTHER_LIMIT;
      if (size < HEADER_BYTES || size > limit) {
        throw new RangeError(`A box of ${size} bytes came where ${HEADER_BYTES} to ${limit} are allowed.`);
      }
      this.#header = { type, bodyBytes: size - HEADER_BYTES };
    }
    const { type, bodyBytes } = this.#header;
    if (this.#length < bodyBytes) return false;
    this.#header = undefined;
    this.#box(type, this.#take(bodyBytes), events);
    return true;
  }

  #box(type: string, body: Buffer, events: Fmp4Event[]): void {
    if (type === 'moov') {
      this.#track = readVideoTrack(body);
      events.push({ type: 'track', track: this.#track });
    } else if (type === 'moof') {
      this.#moof = body;
    } else if (type === 'mdat') {
      if (!this.#track || !this.#moof) throw new RangeError('An mdat box came before its moov or moof box.');
      for (const picture of readFragment(this.#track, this.#moof, body)) events.push({ type: 'picture', picture });
      this.#moof = undefined;
    }
  }

  #take(bytes: number): Buffer {
    this.#length -= bytes;
    const taken: Buffer[] = [];
    for (let missing = bytes; missing > 0;) {
      const first = this.#chunks[0]!;
      if (first.length > missing) {
        taken.push(first.subarray(0, missing));
        this.#chunks[0] = first.subarray(missing);
        break;
      }
      taken.push(first);
      this.#chunks.shift();
      missing -= first.length;
    }
    return taken.length === 1 ? taken[0]! : Buffer.concat(taken);
  }
}
