import { HANDSHAKE_BYTES, joinChunks, rtmpMessage, type RtmpChunk, type RtmpSession } from './rtmp-wire.ts';

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[below(random, values.length)];
  if (value === undefined) throw new RangeError('There is nothing to pick from');
  return value;
}

function randomBytes(random: Random, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = below(random, 256);
  return bytes;
}

function flipBits(random: Random, bytes: Buffer, flips: number, from = 0): Buffer {
  const copy = Buffer.from(bytes);
  for (let flip = 0; flip < flips && copy.length > from; flip += 1) {
    const at = from + below(random, copy.length - from);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
  }
  return copy;
}

/** The session with its message headers changed in place. */
function withHeaders(session: RtmpSession, change: (header: Buffer, chunk: RtmpChunk) => void): Buffer {
  const chunks = session.chunks.map((chunk) => {
    const header = Buffer.from(chunk.header);
    change(header, chunk);
    return { ...chunk, header };
  });
  return Buffer.concat([session.handshake, joinChunks(chunks)]);
}

function amfString(text: string): Buffer {
  const body = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(body.length);
  return Buffer.concat([length, body]);
}

/** AMF0 that is deeper, longer or more than it may be. */
function hostileAmf(random: Random): Buffer {
  const command = Buffer.concat([
    Buffer.from([2]),
    amfString(pick(random, ['connect', 'publish', 'createStream', 'play', '@setDataFrame', 'x'])),
    Buffer.from([0, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]),
  ]);
  const depth = pick(random, [10, 100, 1_000, 10_000]);
  const counts = Buffer.alloc(4);
  counts.writeUInt32BE(pick(random, [0x7fffffff, 0xffffffff, 0x100000, 3]));
  const nested = {
    objects: () => Buffer.concat(Array.from({ length: depth }, () => Buffer.from([3, 0, 1, 0x61]))),
    arrays: () => Buffer.concat(Array.from({ length: depth }, () => Buffer.from([0x0a, 0, 0, 0, 1]))),
    ecma: () => Buffer.concat([Buffer.from([8]), counts, randomBytes(random, 40)]),
    strictArray: () => Buffer.concat([Buffer.from([0x0a]), counts, randomBytes(random, 40)]),
    longString: () => Buffer.concat([Buffer.from([0x0c]), counts, randomBytes(random, 40)]),
    references: () => Buffer.concat(Array.from({ length: depth }, () => Buffer.from([7, 0, 0]))),
    prototype: () =>
      Buffer.concat([
        Buffer.from([3]),
        amfString('__proto__'),
        Buffer.from([3]),
        amfString('app'),
        Buffer.from([2]),
        amfString('live'),
      ]),
    unknown: () => randomBytes(random, 200),
  };
  return Buffer.concat([command, pick(random, Object.values(nested))()]);
}

/** Ways to get a session wrong. Each gives the client's whole bytes, handshake included. */
const MUTATIONS: Record<string, (random: Random, session: RtmpSession) => Buffer> = {
  truncation: (random, session) => {
    const whole = Buffer.concat([session.handshake, joinChunks(session.chunks)]);
    return whole.subarray(0, below(random, whole.length));
  },
  'bit flips': (random, session) => {
    const whole = Buffer.concat([session.handshake, joinChunks(session.chunks)]);
    return flipBits(random, whole, 1 + below(random, 64), random() < 0.9 ? HANDSHAKE_BYTES : 0);
  },
  'bit flips in headers': (random, session) =>
    withHeaders(session, (header) => {
      if (random() > 0.1) return;
      const at = below(random, header.length);
      header[at] = (header[at] ?? 0) ^ (1 << below(random, 8));
    }),
  'false lengths': (random, session) =>
    withHeaders(session, (header, { format, basicBytes }) => {
      if (format > 1 || random() > 0.2) return;
      header.writeUIntBE(
        pick(random, [0, 1, 2, 5, 127, 0xffff, 0xffffff, below(random, 0x1000000)]),
        basicBytes + 3,
        3,
      );
    }),
  'false times': (random, session) =>
    withHeaders(session, (header, { format, basicBytes }) => {
      if (format > 2 || random() > 0.3) return;
      header.writeUIntBE(pick(random, [0, 0xfffffe, 0x7fffff, below(random, 0xffffff)]), basicBytes, 3);
    }),
  'false types': (random, session) =>
    withHeaders(session, (header, { format, basicBytes }) => {
      if (format > 1 || random() > 0.2) return;
      header[basicBytes + 6] = pick(random, [0, 1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 19, 20, 22, 255]);
    }),
  'random order': (random, session) => {
    const chunks = [...session.chunks];
    const from = random() < 0.5 ? 0 : Math.min(12, chunks.length);
    for (let index = chunks.length - 1; index > from; index -= 1) {
      const other = from + below(random, index - from + 1);
      const [a, b] = [chunks[index], chunks[other]];
      if (a && b) [chunks[index], chunks[other]] = [b, a];
    }
    return Buffer.concat([session.handshake, joinChunks(chunks)]);
  },
  'lost and doubled chunks': (random, session) => {
    const chunks = session.chunks.flatMap((chunk) => {
      const chance = random();
      return chance < 0.1 ? [] : chance < 0.2 ? [chunk, chunk] : [chunk];
    });
    return Buffer.concat([session.handshake, joinChunks(chunks)]);
  },
  'broken media': (random, session) => {
    const chunks = session.chunks.map((chunk) => {
      const isMedia = chunk.messageType === 8 || chunk.messageType === 9;
      return isMedia && random() < 0.4
        ? { ...chunk, payload: flipBits(random, chunk.payload, 1 + below(random, 16)) }
        : chunk;
    });
    return Buffer.concat([session.handshake, joinChunks(chunks)]);
  },
  nesting: (random, session) => {
    const amf = hostileAmf(random);
    const type = pick(random, [20, 17, 18, 15]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(65_536);
    const hostile = Buffer.concat([rtmpMessage(2, 1, size), rtmpMessage(3, type, amf)]);
    const before = pick(random, [0, 2, 3, 6, session.chunks.length]);
    return Buffer.concat([session.handshake, joinChunks(session.chunks.slice(0, before)), hostile]);
  },
  'chunk sizes': (random, session) => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(pick(random, [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xffffff, below(random, 0xffffffff)]));
    const before = below(random, session.chunks.length);
    return Buffer.concat([
      session.handshake,
      joinChunks(session.chunks.slice(0, before)),
      rtmpMessage(2, 1, size),
      joinChunks(session.chunks.slice(before)),
    ]);
  },
  'many chunk streams': (random, session) => {
    const begun = Array.from({ length: 2_000 }, (_, index) => {
      // Three-byte basic headers, each the beginning of a message that never goes on.
      const header = Buffer.alloc(3 + 11 + 128);
      header[0] = 1;
      header.writeUInt16LE(index, 1);
      header.writeUIntBE(pick(random, [0xffffff, 0x10000, 300]), 6, 3);
      header[9] = pick(random, [8, 9, 18, 20]);
      return header;
    });
    const before = random() < 0.5 ? 0 : session.chunks.length;
    return Buffer.concat([session.handshake, joinChunks(session.chunks.slice(0, before)), ...begun]);
  },
  'control messages': (random, session) => {
    const control = Array.from({ length: 50 }, () =>
      rtmpMessage(
        2,
        pick(random, [1, 2, 3, 4, 5, 6]),
        randomBytes(random, below(random, 12)),
        pick(random, [0, 4, 6, 12]),
      ),
    );
    return Buffer.concat([session.handshake, ...control, joinChunks(session.chunks)]);
  },
  'random bytes': (random, session) =>
    Buffer.concat([session.handshake, randomBytes(random, 1 + below(random, 4_096))]),
  'broken handshake': (random, session) => {
    const handshake = Buffer.from(session.handshake);
    handshake[0] = below(random, 256);
    const cut = random() < 0.5 ? handshake.subarray(0, 1 + below(random, HANDSHAKE_BYTES - 1)) : handshake;
    return Buffer.concat([cut, randomBytes(random, below(random, 64))]);
  },
};

export const MUTATION_NAMES = Object.keys(MUTATIONS);

/** The input of one number: always the same one for the same session and seed, and never the session itself. */
export function malformedInput(session: RtmpSession, seed: number): { mutation: string; bytes: Buffer } {
  const mutation = MUTATION_NAMES[seed % MUTATION_NAMES.length] ?? '';
  const whole = Buffer.concat([session.handshake, joinChunks(session.chunks)]);
  const random = seededRandom(seed);
  let bytes: Buffer = whole;
  // Where each place changes by chance, all of them may have been spared.
  while (bytes.equals(whole)) bytes = MUTATIONS[mutation]?.(random, session) ?? Buffer.alloc(0);
  return { mutation, bytes };
}
