import { HANDSHAKE_BYTES, rtmpMessage } from '@showrunner/tests/support';
import { describe, expect, it } from 'vitest';
import { completingFrame, sentFrames } from './sent-frames.ts';

const VIDEO = 9;
const CHUNK_BYTES = 128;
const FRAME_MS = 33;

/** A picture of its own content, and the message that carries it. */
const picture = (index: number, length = 40) => Buffer.alloc(length, 16 + index);
const message = (packetType: number, bytes: Buffer) => {
  const payload = Buffer.concat([Buffer.from([0x27, packetType, 0, 0, 0]), bytes]);
  const first = rtmpMessage(6, VIDEO, payload.subarray(0, CHUNK_BYTES), payload.length);
  const rest = [];
  for (let at = CHUNK_BYTES; at < payload.length; at += CHUNK_BYTES) {
    rest.push(Buffer.from([0xc6]), payload.subarray(at, at + CHUNK_BYTES));
  }
  return Buffer.concat([first, ...rest]);
};

/** A sequence header, then eighteen frames; each is handed on in two pieces, the second a millisecond later. */
function session() {
  const messages = [
    message(0, Buffer.alloc(30, 1)),
    ...Array.from({ length: 18 }, (_, i) => message(1, picture(i, 300))),
  ];
  const handedOn = [{ at: 0, bytes: HANDSHAKE_BYTES }];
  for (const [index, { length }] of messages.entries()) {
    const at = index * FRAME_MS;
    handedOn.push({ at, bytes: 100 % length }, { at: at + 1, bytes: length - (100 % length) });
  }
  return { bytes: Buffer.concat([Buffer.alloc(HANDSHAKE_BYTES), ...messages]), handedOn };
}

const partOf = (from: number, to: number) =>
  Buffer.concat([Buffer.from('moof'), ...Array.from({ length: to - from }, (_, i) => picture(from + i, 300))]);

describe('sentFrames', () => {
  it('are the pictures of the session, each at the time of its last byte', () => {
    const { bytes, handedOn } = session();
    const frames = sentFrames(bytes, handedOn);
    expect(frames.map(({ at }) => at)).toEqual(Array.from({ length: 18 }, (_, i) => (i + 1) * FRAME_MS + 1));
    expect(frames.every((frame, i) => frame.bytes.equals(picture(i, 300)))).toBe(true);
  });

  it('leave out what has not been handed on as a whole', () => {
    const { bytes, handedOn } = session();
    expect(sentFrames(bytes, handedOn.slice(0, -1))).toHaveLength(17);
    expect(sentFrames(bytes.subarray(0, -1), handedOn)).toHaveLength(17);
  });
});

describe('completingFrame', () => {
  const { bytes, handedOn } = session();
  const frames = sentFrames(bytes, handedOn);

  it('is the last of the part, however many frames passed before the server answered', () => {
    const exists = 12 * FRAME_MS + 1;
    for (const late of [0, 10, 40, 60, 100]) {
      expect(completingFrame(frames, partOf(6, 12), exists + late)?.at).toBe(exists);
    }
  });

  it('is the one of the latest round where a file is pushed over and over', () => {
    const again = frames.map((frame) => ({ ...frame, at: frame.at + 30_000 }));
    const all = [...frames, ...again];
    expect(completingFrame(all, partOf(0, 6), 29_000)?.at).toBe(6 * FRAME_MS + 1);
    expect(completingFrame(all, partOf(0, 6), 31_000)?.at).toBe(30_000 + 6 * FRAME_MS + 1);
  });

  it('is none for a part that ends with something else', () => {
    expect(completingFrame(frames, Buffer.concat([partOf(0, 6), Buffer.from([0])]), 31_000)).toBe(undefined);
  });
});
