import type { FlvTag } from '../seams/flv-source.ts';

/** FLV file header (audio and video) and the first PreviousTagSize (Adobe FLV specification 10.1, annex E.2). */
export const FLV_FILE_HEADER = Buffer.from([0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]);

/** Bytes before the frame in an AVC video tag's payload. */
export const VIDEO_HEADER_BYTES = 5;
/** Bytes before the frame in an AAC audio tag's payload. */
export const AUDIO_HEADER_BYTES = 2;

const AVC = 7;
const AAC = 10;
const KEYFRAME = 1;
const ENHANCED = 0x80;

export type VideoKind = 'sequence-header' | 'keyframe' | 'frame' | 'end' | 'unsupported';
export type AudioKind = 'sequence-header' | 'frame' | 'unsupported';

/** What a video tag holds; all but H.264 in the classic form is `unsupported`. */
export function videoKind(payload: Buffer): VideoKind {
  const first = payload[0];
  if (first === undefined || first & ENHANCED || (first & 0x0f) !== AVC || payload.length < VIDEO_HEADER_BYTES) {
    return 'unsupported';
  }
  switch (payload[1]) {
    case 0:
      return 'sequence-header';
    case 1:
      return first >> 4 === KEYFRAME ? 'keyframe' : 'frame';
    case 2:
      return 'end';
    default:
      return 'unsupported';
  }
}

/** Presentation minus decode time of an AVC frame: signed milliseconds. */
export function compositionTimeMs(payload: Buffer): number {
  return payload.readIntBE(2, 3);
}

/** What an audio tag holds; all but AAC is `unsupported`. */
export function audioKind(payload: Buffer): AudioKind {
  if (payload.length < AUDIO_HEADER_BYTES || payload[0]! >> 4 !== AAC) return 'unsupported';
  return payload[1] === 0 ? 'sequence-header' : 'frame';
}

/** The 11 bytes before a tag's payload. The timestamp is taken modulo 2^32. */
export function flvTagHeader(type: FlvTag['type'], timestampMs: number, payloadLength: number): Buffer {
  const header = Buffer.allocUnsafe(11);
  const timestamp = timestampMs >>> 0;
  header[0] = type;
  header.writeUIntBE(payloadLength, 1, 3);
  header.writeUIntBE(timestamp & 0xffffff, 4, 3);
  header[7] = timestamp >>> 24;
  header.writeUIntBE(0, 8, 3);
  return header;
}

/** The 4 bytes after a tag's payload. */
export function flvTagTrailer(payloadLength: number): Buffer {
  const trailer = Buffer.allocUnsafe(4);
  trailer.writeUInt32BE(payloadLength + 11);
  return trailer;
}
