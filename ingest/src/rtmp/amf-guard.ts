/**
 * Looks through AMF0 (Adobe's AMF 0 specification) before node-media-server's decoder does, which reads past the end,
 * calls itself as deep as a client wishes and throws on unknown markers. One pass, no recursion, nothing allocated per
 * value.
 */
const NUMBER = 0x00;
const BOOLEAN = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const NULL = 0x05;
const UNDEFINED = 0x06;
const REFERENCE = 0x07;
const ECMA_ARRAY = 0x08;
const OBJECT_END = 0x09;
const STRICT_ARRAY = 0x0a;
const DATE = 0x0b;
const LONG_STRING = 0x0c;
const XML_DOCUMENT = 0x0f;
const TYPED_OBJECT = 0x10;

const MAX_DEPTH = 16;
const MAX_VALUES = 4096;
/** Names are shorter in every encoder; from 2304 bytes on amf.js takes the name's length for an object's end. */
const MAX_NAME_BYTES = 256;
/** Marks an object on the stack of open containers, where a strict array has its number of missing values. */
const NAMED = -1;

/**
 * What is wrong with the AMF0 values that fill `bytes` from `start` on, as a sentence; `undefined` where all is well.
 * `onEcmaArray` hears where each ECMA array begins.
 */
export function amfProblem(bytes: Buffer, start = 0, onEcmaArray?: (at: number) => void): string | undefined {
  const open: number[] = [];
  let at = start;
  let values = 0;
  while (at < bytes.length || open.length > 0) {
    const top = open.at(-1);
    if (top === 0) {
      open.pop();
      continue;
    }
    if (top === NAMED) {
      if (at + 2 > bytes.length) return 'An AMF object has no end.';
      const nameBytes = bytes.readUInt16BE(at);
      if (nameBytes > MAX_NAME_BYTES) return `An AMF name has ${nameBytes} bytes; at most ${MAX_NAME_BYTES} are taken.`;
      at += 2 + nameBytes;
      if (nameBytes === 0) {
        if (bytes[at] !== OBJECT_END) return 'An AMF object has a nameless property.';
        at += 1;
        open.pop();
        continue;
      }
    } else if (top !== undefined) open[open.length - 1] = top - 1;

    if (at >= bytes.length) return 'An AMF value is missing.';
    if (++values > MAX_VALUES) return `AMF holds more than ${MAX_VALUES} values.`;
    const marker = bytes[at]!;
    const size = valueBytes(bytes, at, marker);
    if (size === undefined) return `AMF marker ${marker} is unknown or cut short.`;
    if (marker === ECMA_ARRAY) onEcmaArray?.(at);
    at += size;
    if (at > bytes.length) return 'An AMF value is longer than its message.';
    if (marker === OBJECT || marker === ECMA_ARRAY || marker === TYPED_OBJECT) open.push(NAMED);
    else if (marker === STRICT_ARRAY) open.push(bytes.readUInt32BE(at - 4));
    if (open.length > MAX_DEPTH) return `AMF is nested deeper than ${MAX_DEPTH} levels.`;
  }
  return undefined;
}

/** Bytes of a value, of a container its header alone; `undefined` where the marker is unknown or its length missing. */
function valueBytes(bytes: Buffer, at: number, marker: number): number | undefined {
  const left = bytes.length - at;
  switch (marker) {
    case NUMBER:
      return 9;
    case BOOLEAN:
      return 2;
    case NULL:
    case UNDEFINED:
    case OBJECT:
      return 1;
    case REFERENCE:
      return 3;
    case ECMA_ARRAY:
    case STRICT_ARRAY:
      return 5;
    case DATE:
      return 11;
    case STRING:
    case TYPED_OBJECT:
      return left < 3 ? undefined : 3 + bytes.readUInt16BE(at + 1);
    case LONG_STRING:
    case XML_DOCUMENT:
      return left < 5 ? undefined : 5 + bytes.readUInt32BE(at + 1);
    default:
      return undefined;
  }
}

/**
 * The same well-formed values with ECMA arrays written as objects, which hold the same: amf.js takes an ECMA array for one
 * byte longer than it is and misreads all that follows it.
 */
export function withoutEcmaArrays(bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  amfProblem(bytes, 0, (at) => {
    pieces.push(bytes.subarray(from, at), Buffer.of(OBJECT));
    from = at + 5;
  });
  return pieces.length === 0 ? bytes : Buffer.concat([...pieces, bytes.subarray(from)]);
}

/** The AMF0 string at `start`, where there is one. */
export function amfString(bytes: Buffer, start: number): string | undefined {
  if (bytes[start] !== STRING || start + 3 > bytes.length) return undefined;
  const end = start + 3 + bytes.readUInt16BE(start + 1);
  return end > bytes.length ? undefined : bytes.toString('utf8', start + 3, end);
}
