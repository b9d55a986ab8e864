import { describe, expect, it } from 'vitest';
import { malformedInput, MUTATION_NAMES, seededRandom } from './malformed-rtmp.ts';
import { HANDSHAKE_BYTES, joinChunks, parseSession, rtmpMessage } from './rtmp-wire.ts';

const SIZE_256 = Buffer.from([0, 0, 1, 0]);
/** Set Chunk Size 256, then 600 bytes of video on chunk stream 6: a full header and two continuations. */
const BYTES = Buffer.concat([
  Buffer.alloc(HANDSHAKE_BYTES, 3),
  rtmpMessage(2, 1, SIZE_256),
  rtmpMessage(6, 9, Buffer.alloc(256, 1), 600),
  Buffer.from([0xc6]),
  Buffer.alloc(256, 2),
  Buffer.from([0xc6]),
  Buffer.alloc(88, 3),
]);

describe('a captured RTMP session', () => {
  it('is taken apart into chunks and put together again', () => {
    const session = parseSession(BYTES);
    expect(
      session.chunks.map(({ format, chunkStream, messageType, payload, endsMessage }) => [
        format,
        chunkStream,
        messageType,
        payload.length,
        endsMessage,
      ]),
    ).toEqual([
      [0, 2, 1, 4, true],
      [0, 6, 9, 256, false],
      [3, 6, 9, 256, false],
      [3, 6, 9, 88, true],
    ]);
    expect(Buffer.concat([session.handshake, joinChunks(session.chunks)])).toEqual(BYTES);
  });
});

describe('malformed inputs', () => {
  it('are the same for the same seed', () => {
    const session = parseSession(BYTES);
    for (let seed = 0; seed < MUTATION_NAMES.length * 3; seed += 1) {
      expect(malformedInput(session, seed)).toEqual(malformedInput(session, seed));
      expect(malformedInput(session, seed).bytes.equals(BYTES)).toBe(false);
    }
  });

  it('draw evenly from their numbers', () => {
    const random = seededRandom(1);
    const mean = Array.from({ length: 10_000 }, random).reduce((sum, value) => sum + value, 0) / 10_000;
    expect(mean).toBeCloseTo(0.5, 1);
  });
});
