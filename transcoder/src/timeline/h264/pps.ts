import { BitReader, unescapeNal } from '@showrunner/service-kit/flv';

/** What is read of an H.264 picture parameter set (ITU-T H.264 section 7.3.2.2). */
export interface Pps {
  readonly id: number;
  readonly spsId: number;
  readonly cabac: boolean;
  /** bottom_field_pic_order_in_frame_present_flag. */
  readonly bottomFieldOrder: boolean;
  readonly sliceGroups: number;
  readonly weightedPrediction: boolean;
  readonly initialQp: number;
  readonly deblockingControl: boolean;
  readonly redundantPictures: boolean;
}

/** Throws a RangeError where the unit is cut short. */
export function parsePps(nal: Uint8Array): Pps {
  const reader = new BitReader(unescapeNal(nal).subarray(1));
  const id = reader.unsignedExpGolomb();
  const spsId = reader.unsignedExpGolomb();
  const cabac = reader.flag();
  const bottomFieldOrder = reader.flag();
  const sliceGroups = reader.unsignedExpGolomb() + 1;
  const base = { id, spsId, cabac, bottomFieldOrder, sliceGroups };
  if (sliceGroups > 1) {
    return { ...base, weightedPrediction: false, initialQp: 26, deblockingControl: false, redundantPictures: false };
  }
  reader.unsignedExpGolomb(); // num_ref_idx_l0_default_active_minus1
  reader.unsignedExpGolomb();
  const weightedPrediction = reader.flag();
  reader.skip(2); // weighted_bipred_idc
  const initialQp = 26 + reader.signedExpGolomb();
  reader.signedExpGolomb(); // pic_init_qs_minus26
  reader.signedExpGolomb(); // chroma_qp_index_offset
  const deblockingControl = reader.flag();
  reader.skip(1); // constrained_intra_pred_flag
  return { ...base, weightedPrediction, initialQp, deblockingControl, redundantPictures: reader.flag() };
}
