import { BitReader, type Sps, unescapeNal } from '@showrunner/service-kit/flv';
import type { Pps } from './pps.ts';

const IDR_SLICE = 5;
/** Slice headers are read to their picture order count; what lies behind need not be unescaped. */
const HEADER_BYTES = 64;

/** What a slice says of its picture's place (ITU-T H.264 section 7.3.3). */
export interface SlicePlace {
  readonly ppsId: number;
  readonly reference: boolean;
  readonly idr: boolean;
  readonly frameNum: number;
  /** Only with picOrderCntType 0. */
  readonly orderLsb: number;
}

/** Reads a slice of a progressive picture. Throws a RangeError where it is cut short. */
export function readSlicePlace(nal: Buffer, sps: Sps): SlicePlace {
  const reader = new BitReader(unescapeNal(nal.subarray(0, HEADER_BYTES)).subarray(1));
  const idr = (nal[0]! & 0x1f) === IDR_SLICE;
  reader.unsignedExpGolomb(); // first_mb_in_slice
  reader.unsignedExpGolomb(); // slice_type
  const ppsId = reader.unsignedExpGolomb();
  const frameNum = reader.bits(sps.log2MaxFrameNum);
  if (idr) reader.unsignedExpGolomb(); // idr_pic_id
  const orderLsb = sps.picOrderCntType === 0 ? reader.bits(sps.log2MaxPicOrderCntLsb) : 0;
  return { ppsId, reference: (nal[0]! & 0x60) !== 0, idr, frameNum, orderLsb };
}

/** Where the next picture stands after those that were decoded. */
export interface DecodedOrder {
  readonly pps: Pps;
  /** frame_num of the reference picture that was decoded last. */
  readonly lastFrameNum: number;
  /** frame_num of the reference picture that is shown last: a picture of it is the newest that can be shown. */
  readonly shownFrameNum: number;
  /** The highest picture order count, modulo 2^32 and on an arbitrary origin. */
  readonly highestOrder: number;
}

/** Follows the picture order count (section 8.2.1) over pictures in decode order; `undefined` without a reference. */
export function followOrder(
  slices: readonly SlicePlace[],
  sps: Sps,
  ppsById: ReadonlyMap<number, Pps>,
): DecodedOrder | undefined {
  const lsbRange = 2 ** sps.log2MaxPicOrderCntLsb;
  let msb = 0;
  let lastLsb = slices[0]?.orderLsb ?? 0;
  let highestOrder = -Infinity;
  let last: { frameNum: number } | undefined;
  let shown: { frameNum: number; order: number } | undefined;
  for (const [index, slice] of slices.entries()) {
    let order = index;
    if (slice.idr) {
      highestOrder = -Infinity;
      shown = undefined;
      msb = 0;
      lastLsb = 0;
    }
    if (sps.picOrderCntType === 0) {
      const step = slice.orderLsb - lastLsb;
      const sliceMsb = msb + (step <= -lsbRange / 2 ? lsbRange : step > lsbRange / 2 ? -lsbRange : 0);
      order = sliceMsb + slice.orderLsb;
      if (slice.reference) {
        msb = sliceMsb;
        lastLsb = slice.orderLsb;
      }
    }
    highestOrder = Math.max(highestOrder, order);
    if (!slice.reference) continue;
    last = slice;
    if (!shown || order > shown.order) shown = { frameNum: slice.frameNum, order };
  }
  const pps = ppsById.get(slices.at(-1)?.ppsId ?? -1);
  if (!last || !shown || !pps) return undefined;
  return { pps, lastFrameNum: last.frameNum, shownFrameNum: shown.frameNum, highestOrder };
}
