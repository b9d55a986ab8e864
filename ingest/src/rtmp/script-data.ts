import { amfString } from './amf-guard.ts';

const SET_DATA_FRAME = '@setDataFrame';
const SET_DATA_FRAME_BYTES = 3 + SET_DATA_FRAME.length;

/** Well-formed script data from `start` on, without the envelope that publishers put around metadata; `undefined` where nothing is left. */
export function scriptData(payload: Buffer, start: number): Buffer | undefined {
  const name = amfString(payload, start);
  if (name === undefined) return undefined;
  const from = name === SET_DATA_FRAME ? start + SET_DATA_FRAME_BYTES : start;
  return from < payload.length ? payload.subarray(from) : undefined;
}
