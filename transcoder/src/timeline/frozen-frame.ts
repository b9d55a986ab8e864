import type { AvcConfig, Sps } from '@showrunner/service-kit/flv';
import { BitWriter, escapeNal } from './h264/bit-writer.ts';
import { CabacEncoder, initialContext } from './h264/cabac-encoder.ts';
import { type DecodedOrder, followOrder, readSlicePlace, type SlicePlace } from './h264/picture-order.ts';
import { parsePps, type Pps } from './h264/pps.ts';

/** nal_ref_idc 2, a slice of a picture that is not IDR. */
const NAL_HEADER = 0x41;
const P_SLICES_ONLY = 5;
const SLICE = 1;
const DATA_PARTITIONS = [2, 3, 4];
const IDR_SLICE = 5;
const SPS = 7;
const PPS = 8;
/** MaxFS of level 5.2 (ITU-T H.264 table A-1): each costs about 0.2 ms, and a few hundred bytes. */
const MOST_MACROBLOCKS = 36_864;
/** A length of one byte is too short for some. */
const LEAST_LENGTH_BYTES = 2;
/** m and n of mb_skip_flag's first context in P slices with cabac_init_idc 0 (ITU-T H.264 table 9-13). */
const SKIP_CONTEXT = [23, 33] as const;

/** NAL units of an AVCC payload. Throws a RangeError where one is cut short. */
function unitsOf(frame: Buffer, lengthBytes: number): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < frame.length;) {
    const end = at + lengthBytes + frame.readUIntBE(at, lengthBytes);
    if (end > frame.length) throw new RangeError('A NAL unit is cut short.');
    if (end > at + lengthBytes) units.push(frame.subarray(at + lengthBytes, end));
    at = end;
  }
  return units;
}

/** The first slice of a frame. Throws a RangeError where the frame is not of the kind that the config says. */
function firstSlice(frame: Buffer, config: AvcConfig): SlicePlace {
  let slice: Buffer | undefined;
  for (const unit of unitsOf(frame, config.nalLengthBytes)) {
    const type = unit[0]! & 0x1f;
    const known = type === SPS ? config.spsUnits : type === PPS ? config.ppsUnits : undefined;
    if (known && !known.some((set) => set.equals(unit))) throw new RangeError('A frame brings its own parameter sets.');
    if (DATA_PARTITIONS.includes(type)) throw new RangeError('A slice is partitioned.');
    if (type === SLICE || type === IDR_SLICE) slice ??= unit;
  }
  if (!slice) throw new RangeError('A frame has no slice.');
  return readSlicePlace(slice, config.sps);
}

function writeSliceHeader(writer: BitWriter, sps: Sps, order: DecodedOrder, n: number): void {
  const { pps, lastFrameNum, shownFrameNum, highestOrder } = order;
  const frameNums = 2 ** sps.log2MaxFrameNum;
  const frameNum = (lastFrameNum + 1 + n) % frameNums;
  writer.unsignedExpGolomb(0); // first_mb_in_slice
  writer.unsignedExpGolomb(P_SLICES_ONLY);
  writer.unsignedExpGolomb(pps.id);
  writer.bits(frameNum, sps.log2MaxFrameNum);
  if (sps.picOrderCntType === 0) {
    const lsbRange = 2 ** sps.log2MaxPicOrderCntLsb;
    writer.bits((((highestOrder + 2 * (n + 1)) % lsbRange) + lsbRange) % lsbRange, sps.log2MaxPicOrderCntLsb);
    if (pps.bottomFieldOrder) writer.unsignedExpGolomb(0); // delta_pic_order_cnt_bottom
  }
  if (pps.redundantPictures) writer.unsignedExpGolomb(0); // redundant_pic_cnt
  writer.bit(1); // num_ref_idx_active_override_flag
  writer.unsignedExpGolomb(0); // one picture to refer to
  if (n === 0 && shownFrameNum !== lastFrameNum) {
    // The picture that was decoded last is a B picture; the one shown last is moved before it (section 8.2.4.3.1).
    writer.bit(1);
    writer.unsignedExpGolomb(0); // subtract from the picture number
    writer.unsignedExpGolomb(((frameNum - shownFrameNum + frameNums) % frameNums) - 1);
    writer.unsignedExpGolomb(3); // no more
  } else writer.bit(0);
  if (pps.weightedPrediction) {
    writer.unsignedExpGolomb(0); // luma_log2_weight_denom
    if (sps.chromaFormatIdc !== 0) writer.unsignedExpGolomb(0);
    writer.bit(0); // no weight for luma
    if (sps.chromaFormatIdc !== 0) writer.bit(0);
  }
  writer.bit(0); // adaptive_ref_pic_marking_mode_flag: the oldest reference leaves
  if (pps.cabac) writer.unsignedExpGolomb(0); // cabac_init_idc
  writer.unsignedExpGolomb(0); // slice_qp_delta
  if (pps.deblockingControl) writer.unsignedExpGolomb(1); // disable_deblocking_filter_idc: off
}

function writeSkippedMacroblocks(writer: BitWriter, count: number, pps: Pps): void {
  if (!pps.cabac) {
    writer.unsignedExpGolomb(count); // mb_skip_run
    writer.bit(1);
  } else {
    writer.align(1);
    const encoder = new CabacEncoder(writer);
    const context = initialContext(...SKIP_CONTEXT, pps.initialQp);
    for (let left = count - 1; left >= 0; left--) {
      encoder.decision(context, 1); // mb_skip_flag
      encoder.terminate(left === 0 ? 1 : 0); // end_of_slice_flag
    }
  }
  writer.align(0);
}

/**
 * Pictures that leave the screen as it is: P pictures of which every macroblock is skipped, 11 to 70 bytes each up to 1080p.
 * A publisher that drops can so be frozen rather than flash back to its last keyframe.
 *
 * They are reference pictures, because picture order counts and frame numbers then count on without end; what follows
 * them must therefore begin with an IDR picture.
 *
 * @param recentFrames AVCC payloads in decode order, newest last: all since a keyframe, or at least the last two
 *   reference pictures and what was decoded after them.
 * @returns The nth of them (0, 1, 2 ..., each asked for in this order) as an AVCC payload; `undefined` where the stream
 *   is of a kind that this cannot continue: interlaced, slice groups, picOrderCntType 1, separate colour planes, more than
 *   36,864 macroblocks, NAL unit lengths of one byte, parameter sets inside frames that differ from the config's, no
 *   reference picture, damage.
 */
export function makeFrozenFrame(
  config: AvcConfig,
  recentFrames: readonly Buffer[],
): ((n: number) => Buffer) | undefined {
  const { sps, nalLengthBytes } = config;
  if (!sps.frameMbsOnly || sps.separateColourPlanes || sps.picOrderCntType === 1 || sps.maxNumRefFrames === 0) {
    return undefined;
  }
  if (nalLengthBytes < LEAST_LENGTH_BYTES || sps.widthInMbs * sps.heightInMbs > MOST_MACROBLOCKS) return undefined;
  try {
    const ppsById = new Map(config.ppsUnits.map(parsePps).map((pps) => [pps.id, pps]));
    const slices = recentFrames.map((frame) => firstSlice(frame, config));
    const order = followOrder(slices, sps, ppsById);
    if (!order || order.pps.sliceGroups > 1 || order.pps.spsId !== sps.id) return undefined;
    const frozen = (n: number) => {
      const writer = new BitWriter();
      writer.bits(NAL_HEADER, 8);
      writeSliceHeader(writer, sps, order, n);
      writeSkippedMacroblocks(writer, sps.widthInMbs * sps.heightInMbs, order.pps);
      const nal = escapeNal(writer.bytes());
      const payload = Buffer.allocUnsafe(nalLengthBytes + nal.length);
      payload.writeUIntBE(nal.length, 0, nalLengthBytes);
      nal.copy(payload, nalLengthBytes);
      return payload;
    };
    frozen(0);
    return frozen;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
