/**
 * The client's side of an RTMP connection as bytes, taken apart into chunks (Adobe's RTMP specification 1.0, section
 * 5.3.1) so that a test can put it together wrongly.
 */

/** C0 (1), C1 (1536) and C2 (1536). */
export const HANDSHAKE_BYTES = 1 + 1536 + 1536;

export interface RtmpChunk {
  /** Basic header, message header and extended timestamp. */
  readonly header: Buffer;
  readonly payload: Buffer;
  readonly format: number;
  readonly chunkStream: number;
  /** Bytes of the basic header. */
  readonly basicBytes: number;
  /** Type of the message that the chunk belongs to. */
  readonly messageType: number;
  /** The message is whole with it. */
  readonly endsMessage: boolean;
}

export interface RtmpSession {
  readonly handshake: Buffer;
  readonly chunks: readonly RtmpChunk[];
}

interface MessageState {
  length: number;
  type: number;
  extended: boolean;
  remaining: number;
}

/** Takes a captured session apart. The last chunk is left out where the capture ends within it. */
export function parseSession(bytes: Buffer): RtmpSession {
  if (bytes.length < HANDSHAKE_BYTES) throw new RangeError(`A session of ${bytes.length} bytes ends in its handshake`);
  const chunks: RtmpChunk[] = [];
  const streams = new Map<number, MessageState>();
  let chunkSize = 128;
  let at = HANDSHAKE_BYTES;
  while (at < bytes.length) {
    const start = at;
    const first = bytes[at] ?? 0;
    const format = first >> 6;
    let chunkStream = first & 63;
    let basicBytes = 1;
    if (chunkStream === 0) {
      chunkStream = 64 + (bytes[at + 1] ?? 0);
      basicBytes = 2;
    } else if (chunkStream === 1) {
      chunkStream = 64 + (bytes[at + 1] ?? 0) + (bytes[at + 2] ?? 0) * 256;
      basicBytes = 3;
    }
    at += basicBytes;
    const headerBytes = [11, 7, 3, 0][format] ?? 0;
    if (at + headerBytes + 4 > bytes.length) break;
    const state = streams.get(chunkStream) ?? { length: 0, type: 0, extended: false, remaining: 0 };
    streams.set(chunkStream, state);
    if (format < 3) state.extended = bytes.readUIntBE(at, 3) === 0xffffff;
    if (format < 2) {
      state.length = bytes.readUIntBE(at + 3, 3);
      state.type = bytes[at + 6] ?? 0;
    }
    at += headerBytes + (state.extended ? 4 : 0);
    if (state.remaining === 0) state.remaining = state.length;
    const size = Math.min(state.remaining, chunkSize);
    if (at + size > bytes.length) break;
    const payload = bytes.subarray(at, at + size);
    chunks.push({
      header: bytes.subarray(start, at),
      payload,
      format,
      chunkStream,
      basicBytes,
      messageType: state.type,
      endsMessage: size === state.remaining,
    });
    state.remaining -= size;
    at += size;
    if (state.type === 1 && state.remaining === 0 && payload.length >= 4)
      chunkSize = payload.readUInt32BE(0) & 0x7fffffff;
  }
  return { handshake: bytes.subarray(0, HANDSHAKE_BYTES), chunks };
}

export function joinChunks(chunks: readonly RtmpChunk[]): Buffer {
  return Buffer.concat(chunks.flatMap(({ header, payload }) => [header, payload]));
}

/** A whole message in one chunk with a full header. It fits while its payload is no longer than the chunk size. */
export function rtmpMessage(
  chunkStream: number,
  type: number,
  payload: Buffer,
  declaredLength = payload.length,
): Buffer {
  const header = Buffer.alloc(12);
  header[0] = chunkStream & 63;
  header.writeUIntBE(declaredLength & 0xffffff, 4, 3);
  header[7] = type;
  header.writeUInt32LE(1, 8);
  return Buffer.concat([header, payload]);
}
