import { describe, expect, it } from 'vitest';
import { ChunkReader, type ChunkLimits } from './chunk-reader.ts';
import { ABORT, AUDIO, COMMAND, SET_CHUNK_SIZE, VIDEO } from './message-type.ts';

const LIMITS: ChunkLimits = { mediaBytes: 1 << 20, otherBytes: 4096, unfinishedBytes: 1 << 21, chunkStreams: 8 };

interface Message {
  type: number;
  timestamp: number;
  stream: number;
  payload: string;
}

interface Header {
  format: 0 | 1 | 2 | 3;
  id: number;
  /** What stands in the 3-byte field. */
  time?: number;
  extended?: number;
  length?: number;
  type?: number;
  stream?: number;
}

/** One chunk, field by field (RTMP 1.0 section 5.3.1). */
function chunk({ format, id, time = 0, extended, length = 0, type = 0, stream = 0 }: Header, body = ''): Buffer {
  const bytes: number[] = [];
  if (id < 64) bytes.push((format << 6) | id);
  else if (id < 320) bytes.push(format << 6, id - 64);
  else bytes.push((format << 6) | 1, (id - 64) & 0xff, (id - 64) >> 8);
  if (format < 3) bytes.push(time >> 16, (time >> 8) & 0xff, time & 0xff);
  if (format < 2) bytes.push(length >> 16, (length >> 8) & 0xff, length & 0xff, type);
  if (format === 0) bytes.push(stream & 0xff, stream >> 8, 0, 0);
  const tail = Buffer.alloc(extended === undefined ? 0 : 4);
  if (extended !== undefined) tail.writeUInt32BE(extended);
  return Buffer.concat([Buffer.from(bytes), tail, Buffer.from(body, 'latin1')]);
}

function control(type: number, value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(value);
  return chunk({ format: 0, id: 2, length: 4, type }, body.toString('latin1'));
}

/** Reads the bytes in pieces, each from a buffer that is overwritten afterwards, as a shared read buffer is. */
function read(bytes: Buffer, options: { limits?: ChunkLimits; cuts?: number[] } = {}) {
  const messages: Message[] = [];
  const reader = new ChunkReader(options.limits ?? LIMITS, (type, timestamp, stream, payload) => {
    messages.push({ type, timestamp, stream, payload: payload.toString('latin1') });
    return true;
  });
  let from = 0;
  for (const cut of [...(options.cuts ?? []), bytes.length]) {
    const piece = Buffer.from(bytes.subarray(from, cut));
    reader.read(piece, 0, piece.length);
    piece.fill(0xee);
    from = cut;
  }
  return { messages, fault: reader.fault?.sentence };
}

const A = 'a'.repeat(128);
const B = 'b'.repeat(128);

/** Every header form, interleaved chunk streams, extended timestamps, a message without payload, changed chunk size. */
const everything = Buffer.concat([
  chunk({ format: 0, id: 3, time: 10, length: 3, type: COMMAND, stream: 1 }, 'one'),
  chunk({ format: 1, id: 3, time: 5, length: 4, type: COMMAND }, 'four'),
  chunk({ format: 2, id: 3, time: 7 }, 'more'),
  chunk({ format: 3, id: 3 }, 'same'),
  chunk({ format: 0, id: 64, time: 1000, length: 200, type: VIDEO, stream: 1 }, A),
  chunk({ format: 0, id: 400, time: 1001, length: 130, type: AUDIO, stream: 1 }, B),
  chunk({ format: 3, id: 64 }, 'a'.repeat(72)),
  chunk({ format: 3, id: 400 }, 'bb'),
  chunk({ format: 0, id: 65_599, time: 0xffffff, extended: 0x1000000, length: 130, type: VIDEO, stream: 1 }, A),
  chunk({ format: 3, id: 65_599, extended: 0x1000000 }, 'zz'),
  chunk({ format: 1, id: 64, time: 3, length: 0, type: AUDIO }),
  control(SET_CHUNK_SIZE, 4),
  chunk({ format: 0, id: 5, time: 1, length: 6, type: AUDIO, stream: 1 }, 'abcd'),
  chunk({ format: 3, id: 5 }, 'ef'),
]);
const everyMessage: Message[] = [
  { type: COMMAND, timestamp: 10, stream: 1, payload: 'one' },
  { type: COMMAND, timestamp: 15, stream: 1, payload: 'four' },
  { type: COMMAND, timestamp: 22, stream: 1, payload: 'more' },
  { type: COMMAND, timestamp: 29, stream: 1, payload: 'same' },
  { type: VIDEO, timestamp: 1000, stream: 1, payload: 'a'.repeat(200) },
  { type: AUDIO, timestamp: 1001, stream: 1, payload: 'b'.repeat(130) },
  { type: VIDEO, timestamp: 0x1000000, stream: 1, payload: `${A}zz` },
  { type: AUDIO, timestamp: 1003, stream: 1, payload: '' },
  { type: AUDIO, timestamp: 1, stream: 1, payload: 'abcdef' },
];

describe('chunk reader', () => {
  it('reads every form of header', () => {
    expect(read(everything)).toEqual({ messages: everyMessage, fault: undefined });
  });

  it('reads the same whatever the reads are cut into', () => {
    for (let cut = 1; cut < everything.length; cut++) {
      expect(read(everything, { cuts: [cut] }).messages).toEqual(everyMessage);
    }
    const single = Array.from({ length: everything.length - 1 }, (_, n) => n + 1);
    expect(read(everything, { cuts: single }).messages).toEqual(everyMessage);
  });

  it('reads streams whose encoder leaves the extended timestamp out of type 3 chunks', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 4, time: 0xffffff, extended: 0x2000000, length: 131, type: VIDEO, stream: 1 }, A),
      chunk({ format: 3, id: 4 }, 'xyz'),
      chunk({ format: 0, id: 5, time: 9, length: 4, type: AUDIO, stream: 1 }, 'next'),
    ]);
    const expected = [
      { type: VIDEO, timestamp: 0x2000000, stream: 1, payload: `${A}xyz` },
      { type: AUDIO, timestamp: 9, stream: 1, payload: 'next' },
    ];
    for (let cut = 1; cut < bytes.length; cut++) {
      expect(read(bytes, { cuts: [cut, cut + 1].filter((at) => at < bytes.length) }).messages).toEqual(expected);
    }
  });

  it('adds the timestamp of a type 0 header again where a type 3 header begins the next message', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 4, time: 40, length: 1, type: AUDIO }, 'a'),
      chunk({ format: 3, id: 4 }, 'b'),
    ]);
    expect(read(bytes).messages.map(({ timestamp }) => timestamp)).toEqual([40, 80]);
  });

  it('lets timestamps wrap at 2^32', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 4, time: 0xffffff, extended: 0xfffffff0, length: 1, type: AUDIO }, 'a'),
      chunk({ format: 1, id: 4, time: 32, length: 1, type: AUDIO }, 'b'),
    ]);
    expect(read(bytes).messages.map(({ timestamp }) => timestamp)).toEqual([0xfffffff0, 16]);
  });

  it('obeys abort messages', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 4, time: 1, length: 200, type: VIDEO }, A),
      control(ABORT, 4),
      chunk({ format: 1, id: 4, time: 1, length: 2, type: VIDEO }, 'ok'),
    ]);
    expect(read(bytes).messages).toEqual([{ type: VIDEO, timestamp: 2, stream: 0, payload: 'ok' }]);
  });

  it('discards a message whose chunk stream begins another one', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 4, time: 1, length: 200, type: VIDEO }, A),
      chunk({ format: 0, id: 4, time: 2, length: 2, type: VIDEO }, 'ok'),
    ]);
    expect(read(bytes).messages).toEqual([{ type: VIDEO, timestamp: 2, stream: 0, payload: 'ok' }]);
  });

  it('stops behind the message at which its handler says so', () => {
    const bytes = Buffer.concat([
      chunk({ format: 0, id: 3, length: 3, type: COMMAND }, 'one'),
      chunk({ format: 0, id: 3, length: 3, type: COMMAND }, 'two'),
    ]);
    const payloads: string[] = [];
    const reader = new ChunkReader(LIMITS, (_type, _timestamp, _stream, payload) => {
      payloads.push(payload.toString());
      return payloads.length > 1;
    });
    const at = reader.read(bytes, 0, bytes.length);
    expect([at, payloads]).toEqual([15, ['one']]);
    expect([reader.read(bytes, at, bytes.length), payloads]).toEqual([30, ['one', 'two']]);
  });

  it('reassembles a message that is larger than what is reserved at once', () => {
    const body = 'x'.repeat(900_000);
    const limits = { ...LIMITS, mediaBytes: 1 << 20 };
    const bytes = Buffer.concat([
      control(SET_CHUNK_SIZE, 0x7fffffff),
      chunk({ format: 0, id: 4, length: body.length, type: VIDEO }, body),
    ]);
    const cuts = Array.from({ length: 13 }, (_, n) => 16 + 65_536 * (n + 1));
    expect(read(bytes, { limits, cuts }).messages[0]?.payload === body).toBe(true);
  });
});

describe('chunk reader limits', () => {
  const faultOf = (bytes: Buffer, limits: Partial<ChunkLimits> = {}) =>
    read(bytes, { limits: { ...LIMITS, ...limits } }).fault;

  it.each([
    ['0', control(SET_CHUNK_SIZE, 0), 'A chunk size of 0 was set; it must be between 1 and 2147483647.'],
    [
      '2^31',
      control(SET_CHUNK_SIZE, 2 ** 31),
      'A chunk size of 2147483648 was set; it must be between 1 and 2147483647.',
    ],
  ])('refuses a chunk size of %s', (_name, bytes, sentence) => {
    expect(faultOf(bytes)).toBe(sentence);
  });

  it('refuses messages that are too long for their type, on their header alone', () => {
    const header = { format: 0, id: 4, length: 0xffffff } as const;
    expect(faultOf(chunk({ ...header, type: VIDEO }))).toBe(
      'A message of type 9 announced 16777215 bytes; at most 1048576 are taken.',
    );
    expect(faultOf(chunk({ ...header, type: COMMAND, length: 5000 }))).toBe(
      'A message of type 20 announced 5000 bytes; at most 4096 are taken.',
    );
  });

  it('refuses more chunk streams than it keeps', () => {
    const bytes = Array.from({ length: 9 }, (_, n) => chunk({ format: 0, id: 3 + n, length: 1, type: AUDIO }, 'x'));
    expect(faultOf(Buffer.concat(bytes))).toBe('A connection may use 8 chunk streams; this one began another.');
  });

  it('refuses unfinished messages that hold too much together', () => {
    const bytes = Array.from({ length: 3 }, (_, n) => chunk({ format: 0, id: 3 + n, length: 2000, type: VIDEO }, A));
    expect(faultOf(Buffer.concat(bytes), { unfinishedBytes: 4096 })).toBe(
      'Unfinished messages may hold 4096 bytes together; these hold more.',
    );
  });

  it('refuses a chunk stream that begins without a length', () => {
    expect(faultOf(chunk({ format: 2, id: 4, time: 1 }))).toBe(
      'A chunk of type 2 began chunk stream 4; only types 0 and 1 give a length.',
    );
  });

  it('reads nothing more after a fault', () => {
    const bytes = Buffer.concat([control(SET_CHUNK_SIZE, 0), chunk({ format: 0, id: 4, length: 1, type: AUDIO }, 'x')]);
    expect(read(bytes, { cuts: [8, 16, 20] }).messages).toEqual([]);
  });
});
