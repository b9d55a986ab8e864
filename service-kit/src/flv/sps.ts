import { BitReader, unescapeNal } from './bit-reader.ts';

/** What is read of an H.264 sequence parameter set (ITU-T H.264 sections 7.3.2.1.1 and E.1.1). */
export interface Sps {
  readonly profileIdc: number;
  readonly constraintFlags: number;
  readonly levelIdc: number;
  readonly id: number;
  readonly chromaFormatIdc: number;
  readonly separateColourPlanes: boolean;
  readonly log2MaxFrameNum: number;
  readonly picOrderCntType: number;
  /** Only with picOrderCntType 0. */
  readonly log2MaxPicOrderCntLsb: number;
  /** Only with picOrderCntType 1. */
  readonly deltaPicOrderAlwaysZero: boolean;
  readonly maxNumRefFrames: number;
  readonly frameNumGapsAllowed: boolean;
  readonly widthInMbs: number;
  /** Height in macroblocks of a frame. */
  readonly heightInMbs: number;
  readonly frameMbsOnly: boolean;
  readonly direct8x8Inference: boolean;
  /** Size of the picture as shown, cropping applied, in luma samples. */
  readonly width: number;
  readonly height: number;
  /** Frames per second, 0.1 to 300, where the stream says so. */
  readonly frameRate: number | undefined;
  /** Frames that may be out of order at the decoder's output, where the stream says so. */
  readonly maxNumReorderFrames: number | undefined;
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const MAX_SIDE_IN_MBS = 1024;
/** MaxFS of level 6.2 (ITU-T H.264 table A-1). */
const MAX_FRAME_IN_MBS = 139_264;
/** ITU-T H.264 section A.3.4.2 allows no level more; a clock of another purpose says anything. */
const MAX_FRAME_RATE = 300;
const MIN_FRAME_RATE = 0.1;
const EXTENDED_SAR = 255;

function skipScalingList(reader: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let i = 0; i < size; i++) {
    if (next !== 0) next = (last + reader.signedExpGolomb() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipHrd(reader: BitReader): void {
  const count = reader.unsignedExpGolomb() + 1;
  if (count > 32) throw new RangeError('An SPS names more than 32 coded picture buffers.');
  reader.skip(8);
  for (let i = 0; i < count; i++) {
    reader.unsignedExpGolomb();
    reader.unsignedExpGolomb();
    reader.skip(1);
  }
  reader.skip(20);
}

/** An unsigned Exp-Golomb value that H.264 bounds. */
function bounded(reader: BitReader, field: string, most: number): number {
  const value = reader.unsignedExpGolomb();
  if (value > most) throw new RangeError(`An SPS says ${field} ${value}; at most ${most} is allowed.`);
  return value;
}

function readVui(reader: BitReader): Pick<Sps, 'frameRate' | 'maxNumReorderFrames'> {
  let frameRate: number | undefined;
  let maxNumReorderFrames: number | undefined;
  if (reader.flag() && reader.bits(8) === EXTENDED_SAR) reader.skip(32);
  if (reader.flag()) reader.skip(1); // overscan
  if (reader.flag()) {
    reader.skip(4); // video_format, full range
    if (reader.flag()) reader.skip(24); // colour description
  }
  if (reader.flag()) {
    reader.unsignedExpGolomb();
    reader.unsignedExpGolomb();
  }
  if (reader.flag()) {
    const unitsInTick = reader.bits(32);
    const timeScale = reader.bits(32);
    reader.skip(1);
    const said = timeScale / (2 * unitsInTick);
    if (said >= MIN_FRAME_RATE && said <= MAX_FRAME_RATE) frameRate = said;
  }
  const nalHrd = reader.flag();
  if (nalHrd) skipHrd(reader);
  const vclHrd = reader.flag();
  if (vclHrd) skipHrd(reader);
  if (nalHrd || vclHrd) reader.skip(1);
  reader.skip(1); // pic_struct_present
  if (reader.flag()) {
    reader.skip(1);
    for (let i = 0; i < 4; i++) reader.unsignedExpGolomb();
    maxNumReorderFrames = reader.unsignedExpGolomb();
  }
  return { frameRate, maxNumReorderFrames };
}

/** Throws a RangeError where the unit is cut short or breaks a limit. */
export function parseSps(nal: Uint8Array): Sps {
  const bytes = unescapeNal(nal);
  const reader = new BitReader(bytes.subarray(1));
  const profileIdc = reader.bits(8);
  const constraintFlags = reader.bits(8);
  const levelIdc = reader.bits(8);
  const id = bounded(reader, 'seq_parameter_set_id', 31);
  let chromaFormatIdc = 1;
  let separateColourPlanes = false;
  if (HIGH_PROFILES.has(profileIdc)) {
    chromaFormatIdc = bounded(reader, 'chroma_format_idc', 3);
    if (chromaFormatIdc === 3) separateColourPlanes = reader.flag();
    reader.unsignedExpGolomb();
    reader.unsignedExpGolomb();
    reader.skip(1);
    if (reader.flag()) {
      for (let i = 0; i < (chromaFormatIdc === 3 ? 12 : 8); i++) {
        if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
      }
    }
  }
  const log2MaxFrameNum = bounded(reader, 'log2_max_frame_num_minus4', 12) + 4;
  const picOrderCntType = bounded(reader, 'pic_order_cnt_type', 2);
  let log2MaxPicOrderCntLsb = 0;
  let deltaPicOrderAlwaysZero = false;
  if (picOrderCntType === 0) log2MaxPicOrderCntLsb = bounded(reader, 'log2_max_pic_order_cnt_lsb_minus4', 12) + 4;
  else if (picOrderCntType === 1) {
    deltaPicOrderAlwaysZero = reader.flag();
    reader.signedExpGolomb();
    reader.signedExpGolomb();
    const cycle = bounded(reader, 'num_ref_frames_in_pic_order_cnt_cycle', 255);
    for (let i = 0; i < cycle; i++) reader.signedExpGolomb();
  }
  const maxNumRefFrames = bounded(reader, 'max_num_ref_frames', 16);
  const frameNumGapsAllowed = reader.flag();
  const widthInMbs = reader.unsignedExpGolomb() + 1;
  const heightInMapUnits = reader.unsignedExpGolomb() + 1;
  const frameMbsOnly = reader.flag();
  const sizeInMbs = widthInMbs * heightInMapUnits * (frameMbsOnly ? 1 : 2);
  if (widthInMbs > MAX_SIDE_IN_MBS || heightInMapUnits > MAX_SIDE_IN_MBS || sizeInMbs > MAX_FRAME_IN_MBS) {
    throw new RangeError(`An SPS names a picture of ${widthInMbs} x ${heightInMapUnits} macroblocks.`);
  }
  if (!frameMbsOnly) reader.skip(1);
  const direct8x8Inference = reader.flag();
  const heightInMbs = heightInMapUnits * (frameMbsOnly ? 1 : 2);
  let width = widthInMbs * 16;
  let height = heightInMbs * 16;
  if (reader.flag()) {
    const cropX = chromaFormatIdc === 1 || chromaFormatIdc === 2 ? 2 : 1;
    const cropY = (chromaFormatIdc === 1 ? 2 : 1) * (frameMbsOnly ? 1 : 2);
    width -= (reader.unsignedExpGolomb() + reader.unsignedExpGolomb()) * cropX;
    height -= (reader.unsignedExpGolomb() + reader.unsignedExpGolomb()) * cropY;
    if (width <= 0 || height <= 0) throw new RangeError('An SPS crops the whole picture away.');
  }
  const vui = reader.flag() ? readVui(reader) : { frameRate: undefined, maxNumReorderFrames: undefined };
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    id,
    chromaFormatIdc,
    separateColourPlanes,
    log2MaxFrameNum,
    picOrderCntType,
    log2MaxPicOrderCntLsb,
    deltaPicOrderAlwaysZero,
    maxNumRefFrames,
    frameNumGapsAllowed,
    widthInMbs,
    heightInMbs,
    frameMbsOnly,
    direct8x8Inference,
    width,
    height,
    ...vui,
  };
}
