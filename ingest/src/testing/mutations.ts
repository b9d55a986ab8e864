import { HANDSHAKE_BYTES } from '../rtmp/protocol.ts';

/** mulberry32: the same inputs in every run. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export type Random = ReturnType<typeof seeded>;

/** Ways to get a publish, handshake included, wrong in place or anew. */
export const MUTATIONS: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  function truncated(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function bitFlips(bytes, random) {
    const from = random(4) === 0 ? 0 : HANDSHAKE_BYTES;
    for (let n = 1 + random(40); n > 0; n--) bytes[from + random(bytes.length - from)]! ^= 1 << random(8);
    return bytes;
  },
  function falseLengths(bytes, random) {
    for (let n = 1 + random(4); n > 0; n--) {
      const at = HANDSHAKE_BYTES + random(bytes.length - HANDSHAKE_BYTES - 4);
      bytes.writeUInt32BE([0, 1, 0xffff, 0xffffff, 0x7fffffff, 0xffffffff, random(0xffffff)][random(7)]!, at);
    }
    return bytes;
  },
  function nested(bytes, random) {
    const [start, length] = [HANDSHAKE_BYTES + random(400), 1 + random(3000)];
    const marker = [
      [3, 0, 1, 0x61],
      [10, 0, 0, 0, 1],
      [8, 0, 0, 0, 1, 0, 1, 0x61],
      [0x10, 0, 0, 0, 1, 0x61],
    ][random(4)]!;
    for (let n = 0; n < length; n++) bytes[start + n] = marker[n % marker.length]!;
    return bytes;
  },
  function shuffled(bytes, random) {
    const pieces: Buffer[] = [];
    for (let at = HANDSHAKE_BYTES; at < bytes.length;) {
      const end = at + 1 + random(600);
      pieces.splice(random(pieces.length + 1), 0, bytes.subarray(at, end));
      at = end;
    }
    return Buffer.concat([bytes.subarray(0, HANDSHAKE_BYTES), ...pieces]);
  },
  function noise(bytes, random) {
    for (let at = random(HANDSHAKE_BYTES * 2); at < bytes.length; at++) bytes[at] = random(256);
    return bytes;
  },
  function repeated(bytes, random) {
    const from = HANDSHAKE_BYTES + random(2000);
    const piece = bytes.subarray(from, from + 1 + random(200));
    return Buffer.concat([bytes.subarray(0, from), ...Array.from({ length: 50 }, () => piece), bytes.subarray(from)]);
  },
];
