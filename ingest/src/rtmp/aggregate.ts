const TAG_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/**
 * The messages inside an aggregate message (RTMP 1.0 section 7.1.6): FLV tags whose timestamps count from the first
 * one, which stands for the aggregate's own. Payloads are copies: a frame that is kept must not keep the whole aggregate. Answers
 * `false` where a tag reaches past the end.
 */
export function readAggregate(
  payload: Buffer,
  timestamp: number,
  onMessage: (type: number, timestamp: number, payload: Buffer) => void,
): boolean {
  let offset: number | undefined;
  for (let at = 0; at < payload.length;) {
    const body = at + TAG_HEADER_BYTES;
    if (body > payload.length) return false;
    const end = body + payload.readUIntBE(at + 1, 3);
    if (end + BACK_POINTER_BYTES > payload.length) return false;
    const tagTimestamp = ((payload[at + 7]! << 24) | payload.readUIntBE(at + 4, 3)) >>> 0;
    offset ??= timestamp - tagTimestamp;
    onMessage(payload[at]!, (tagTimestamp + offset) >>> 0, Buffer.from(payload.subarray(body, end)));
    at = end + BACK_POINTER_BYTES;
  }
  return true;
}
