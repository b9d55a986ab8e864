import { refusal, type Refusal } from '../errors.ts';
import { ChunkStream } from './chunk-stream.ts';
import { ABORT, AGGREGATE, AUDIO, SET_CHUNK_SIZE, VIDEO } from './message-type.ts';

/**
 * Takes one whole message. The payload is its own and never written to again. `false` stops the reading behind this
 * message.
 */
export type MessageHandler = (type: number, timestamp: number, messageStreamId: number, payload: Buffer) => boolean;

export interface ChunkLimits {
  /** Longest audio, video or aggregate message, in bytes. */
  readonly mediaBytes: number;
  /** Longest message of any other type, in bytes. */
  readonly otherBytes: number;
  /** Most bytes that all unfinished messages of a connection may hold together. */
  readonly unfinishedBytes: number;
  /** Most chunk streams of a connection. */
  readonly chunkStreams: number;
}

const MAX_HEADER_BYTES = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0] as const;
const EXTENDED = 0xffffff;
const INCOMPLETE = -1;
const FAULTY = -2;

/**
 * Makes messages from chunks (RTMP 1.0 section 5.3), in place of node-media-server's parser, of which it mends:
 * - 3-byte basic headers: the id is `third * 256 + second + 64`;
 * - extended timestamps: they also stand in type 3 chunks (and in some encoders' streams do not: both are read), and
 *   a field of 0xffffff is told from an extended value of the same size;
 * - timestamps wrap at 2^32 instead of silencing the stream for ever;
 * - a message that begins before its predecessor on the same chunk stream has ended discards that one, and a chunk
 *   size that changes in mid-message does not lose count;
 * - abort messages are obeyed;
 * - chunk sizes are checked, an illegal one ends the connection;
 * - memory: lengths are bounded per type, buffers grow with the bytes that arrive rather than with the length that is
 *   announced, chunk streams are counted, and a payload is never a parser's buffer that the next message overwrites.
 *
 * Mended elsewhere: nesting and length of AMF (`amf-guard.ts`), commands that are not what they should be (`protocol.ts`), and signed
 * composition times (`service-kit/src/flv/tag.ts`).
 *
 * No object is made per chunk, and every payload byte is copied once, out of the socket's read buffer.
 */
export class ChunkReader {
  limits: ChunkLimits;
  /** Set once a rule is broken; nothing is read from then on. */
  fault: Refusal | undefined;
  readonly #onMessage: MessageHandler;
  readonly #streams = new Map<number, ChunkStream>();
  /** A header of which only the beginning has arrived. */
  readonly #head = Buffer.allocUnsafe(MAX_HEADER_BYTES);
  #headBytes = 0;
  #chunkSize = 128;
  /** The chunk stream whose chunk is being read, and what is left of that chunk. */
  #current: ChunkStream | undefined;
  #chunkLeft = 0;
  #unfinishedBytes = 0;
  #latest: ChunkStream | undefined;
  #stopped = false;

  constructor(limits: ChunkLimits, onMessage: MessageHandler) {
    this.limits = limits;
    this.#onMessage = onMessage;
  }

  /** Bytes per chunk, as the other side has announced. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Reads `data` from `start` to `end`; answers where it stopped: `end`, or earlier at a fault or a handler's wish. */
  read(data: Buffer, start: number, end: number): number {
    this.#stopped = this.fault !== undefined;
    return this.#run(data, start, end);
  }

  #run(data: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && !this.#stopped) {
      const stream = this.#current;
      if (!stream) {
        at = this.#headBytes > 0 ? this.#readSplitHeader(data, at, end) : this.#readHeader(data, at, end);
        // A message without a payload has ended with its header.
        if (this.#current?.length === 0) this.#finish(this.#current);
        continue;
      }
      const count = Math.min(this.#chunkLeft, end - at);
      const more = stream.shortOf(count);
      if (more > 0 && !this.#reserve(stream, more)) return at;
      stream.take(data, at, at + count);
      at += count;
      this.#chunkLeft -= count;
      if (stream.received === stream.length) this.#finish(stream);
      else if (this.#chunkLeft === 0) this.#current = undefined;
    }
    return at;
  }

  #readHeader(data: Buffer, at: number, end: number): number {
    const used = this.#parseHeader(data, at, end);
    if (used >= 0) return at + used;
    if (used === INCOMPLETE) this.#headBytes = data.copy(this.#head, 0, at, end);
    return end;
  }

  #readSplitHeader(data: Buffer, at: number, end: number): number {
    const before = this.#headBytes;
    const filled = before + data.copy(this.#head, before, at, Math.min(end, at + MAX_HEADER_BYTES - before));
    const used = this.#parseHeader(this.#head, 0, filled);
    if (used === INCOMPLETE) this.#headBytes = filled;
    if (used < 0) return end;
    this.#headBytes = 0;
    if (used >= before) return at + used - before;
    // The header was shorter than what had been put aside for it: up to three bytes of payload wait there.
    const rest = Buffer.from(this.#head.subarray(used, before));
    const read = this.#run(rest, 0, rest.length);
    if (read < rest.length) this.#headBytes = rest.copy(this.#head, 0, read);
    return at;
  }

  /** Bytes of the chunk header at `at`, or INCOMPLETE (then nothing has changed), or FAULTY. */
  #parseHeader(data: Buffer, at: number, end: number): number {
    const first = data[at]!;
    const format = first >> 6;
    let next = at + 1;
    let id = first & 0x3f;
    if (id < 2) {
      next += id + 1;
      if (next > end) return INCOMPLETE;
      id = 64 + data[at + 1]! + (id === 1 ? data[at + 2]! * 256 : 0);
    }
    const fields = next;
    next += MESSAGE_HEADER_BYTES[format as 0 | 1 | 2 | 3];
    if (next > end) return INCOMPLETE;

    const known = this.#latest?.id === id ? this.#latest : this.#streams.get(id);
    let value = format === 3 ? (known?.delta ?? 0) : data.readUIntBE(fields, 3);
    const extended = format === 3 ? (known?.extended ?? false) : value === EXTENDED;
    if (extended) {
      if (next + 4 > end) return INCOMPLETE;
      const full = data.readUInt32BE(next);
      // Some encoders leave the extended timestamp out of type 3 chunks: then other bytes stand here.
      if (format !== 3 || full === value) next += 4;
      if (format !== 3) value = full;
    }
    if (format > 1 && !known?.begun) {
      return this.#fail(`A chunk of type ${format} began chunk stream ${id}; only types 0 and 1 give a length.`);
    }
    const stream = known ?? this.#open(id);
    if (!stream) return FAULTY;
    this.#latest = stream;

    if (format !== 3) {
      this.#discard(stream);
      if (format < 2) {
        stream.length = data.readUIntBE(fields + 3, 3);
        stream.type = data[fields + 6]!;
        stream.begun = true;
      }
      if (format === 0) stream.messageStreamId = data.readUInt32LE(fields + 7);
      stream.delta = value;
      stream.extended = extended;
    }
    if (stream.received === 0) {
      // Unsigned 32 bits: a long show's clock wraps.
      stream.timestamp = format === 0 ? value : (stream.timestamp + value) >>> 0;
      const { mediaBytes, otherBytes } = this.limits;
      const media = stream.type === AUDIO || stream.type === VIDEO || stream.type === AGGREGATE;
      const most = media ? mediaBytes : otherBytes;
      if (stream.length > most) {
        return this.#fail(
          `A message of type ${stream.type} announced ${stream.length} bytes; at most ${most} are taken.`,
          'message-too-long',
        );
      }
    }
    this.#current = stream;
    this.#chunkLeft = Math.min(this.#chunkSize, stream.length - stream.received);
    return next - at;
  }

  #open(id: number): ChunkStream | undefined {
    if (this.#streams.size >= this.limits.chunkStreams) {
      this.#fail(`A connection may use ${this.limits.chunkStreams} chunk streams; this one began another.`);
      return undefined;
    }
    const stream = new ChunkStream(id);
    this.#streams.set(id, stream);
    return stream;
  }

  #reserve(stream: ChunkStream, bytes: number): boolean {
    if (this.#unfinishedBytes + bytes > this.limits.unfinishedBytes) {
      const most = this.limits.unfinishedBytes;
      this.#fail(`Unfinished messages may hold ${most} bytes together; these hold more.`, 'message-too-long');
      return false;
    }
    this.#unfinishedBytes += bytes;
    stream.grow(bytes);
    return true;
  }

  #discard(stream: ChunkStream): void {
    this.#unfinishedBytes -= stream.reserved;
    stream.discard();
  }

  #finish(stream: ChunkStream): void {
    this.#current = undefined;
    this.#unfinishedBytes -= stream.reserved;
    const payload = stream.finish();
    if (stream.type === SET_CHUNK_SIZE || stream.type === ABORT) this.#obey(stream.type, payload);
    else if (!this.#onMessage(stream.type, stream.timestamp, stream.messageStreamId, payload)) this.#stopped = true;
  }

  /** The two messages that concern the chunk stream itself (sections 5.4.1 and 5.4.2). */
  #obey(type: number, payload: Buffer): void {
    if (payload.length !== 4) {
      this.#fail(`A control message of type ${type} has ${payload.length} bytes; it must have 4.`);
      return;
    }
    const value = payload.readUInt32BE(0);
    if (type === ABORT) {
      const stream = this.#streams.get(value);
      if (stream) this.#discard(stream);
    } else if (value < 1 || value > 0x7fffffff) {
      this.#fail(`A chunk size of ${value} was set; it must be between 1 and 2147483647.`);
    } else this.#chunkSize = value;
  }

  #fail(sentence: string, code: 'bad-chunk' | 'message-too-long' = 'bad-chunk'): typeof FAULTY {
    this.fault = refusal(code, sentence);
    this.#stopped = true;
    return FAULTY;
  }
}
