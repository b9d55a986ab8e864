import { parseSession } from '@showrunner/tests/support';

const VIDEO_MESSAGE = 9;
/** Before the media: frame type and codec, packet type, composition time (Adobe FLV specification 10.1, E.4.3). */
const VIDEO_HEADER_BYTES = 5;
const AVC_NALUS = 1;

/** A frame of H.264 on its way to the server. */
export interface SentFrame {
  /** As they stand in the media, too. */
  readonly bytes: Buffer;
  /** Unix ms when the last of them had been handed on. */
  readonly at: number;
}

/**
 * The video frames of one publisher, in order.
 * @param session All that the publisher sent.
 * @param handedOn When it was handed on, and how many bytes each time.
 */
export function sentFrames(session: Buffer, handedOn: readonly { at: number; bytes: number }[]): SentFrame[] {
  const { handshake, chunks } = parseSession(session);
  const frames: SentFrame[] = [];
  const unfinished = new Map<number, Buffer[]>();
  let end = handshake.length;
  let step = 0;
  let passed = handedOn[0]?.bytes ?? 0;
  for (const { header, payload, chunkStream, messageType, endsMessage } of chunks) {
    end += header.length + payload.length;
    const pieces = unfinished.get(chunkStream) ?? [];
    pieces.push(payload);
    unfinished.set(chunkStream, endsMessage ? [] : pieces);
    if (!endsMessage || messageType !== VIDEO_MESSAGE) continue;
    while (passed < end && step + 1 < handedOn.length) passed += handedOn[++step]!.bytes;
    const message = Buffer.concat(pieces);
    if (message[1] !== AVC_NALUS || passed < end) continue;
    frames.push({ bytes: message.subarray(VIDEO_HEADER_BYTES), at: handedOn[step]!.at });
  }
  return frames;
}

/**
 * The frame with which a part of nothing but video was complete: the one whose bytes it ends with. A file that is
 * pushed over and over has each frame several times: `fetchedAt` (Unix ms) tells which one it was.
 */
export function completingFrame(frames: readonly SentFrame[], part: Buffer, fetchedAt: number): SentFrame | undefined {
  return frames.findLast(
    ({ bytes, at }) => at <= fetchedAt && bytes.length > 0 && part.subarray(-bytes.length).equals(bytes),
  );
}
