import { type AvcConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { findBox } from './iso-box.ts';

/** Bytes of a VisualSampleEntry before the boxes inside it (ISO/IEC 14496-12 section 12.1.3). */
const VISUAL_SAMPLE_ENTRY_BYTES = 78;
const NOT_A_SYNC_SAMPLE = 0x1_0000;

/** The one video track of a movie whose samples come in fragments. */
export interface VideoTrack {
  readonly config: AvcConfig;
  /** Units a second. */
  readonly timescale: number;
  readonly defaults: SampleDefaults;
}

interface SampleDefaults {
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

/** An encoded picture on the encoder's own timeline, in milliseconds. */
export interface EncodedPicture {
  readonly dtsMs: number;
  readonly ptsMs: number;
  readonly keyframe: boolean;
  /** AVCC. */
  readonly payload: Buffer;
}

/** Reads the body of a moov box. Throws a RangeError where it is malformed or not one H.264 track. */
export function readVideoTrack(moov: Buffer): VideoTrack {
  const mdhd = findBox(moov, 'trak', 'mdia', 'mdhd');
  const stsd = findBox(moov, 'trak', 'mdia', 'minf', 'stbl', 'stsd');
  const trex = findBox(moov, 'mvex', 'trex');
  const avc1 = stsd && findBox(stsd.subarray(8), 'avc1');
  const avcC = avc1 && findBox(avc1.subarray(VISUAL_SAMPLE_ENTRY_BYTES), 'avcC');
  const config = avcC && parseAvcConfig(avcC);
  if (!mdhd || !trex || !config) throw new RangeError('The moov box names no fragmented H.264 track.');
  const timescale = mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12);
  if (timescale === 0) throw new RangeError('The mdhd box names a timescale of zero.');
  const defaults = { duration: trex.readUInt32BE(12), size: trex.readUInt32BE(16), flags: trex.readUInt32BE(20) };
  return { config, timescale, defaults };
}

/** The default-base-is-moof form only (section 8.8.7): offsets count from the moof box. */
function readFragmentHeader(tfhd: Buffer, defaults: SampleDefaults): SampleDefaults {
  const flags = tfhd.readUIntBE(1, 3);
  if (flags & 0x1 || !(flags & 0x2_0000))
    throw new RangeError('The tfhd box does not count offsets from the moof box.');
  let at = 8 + (flags & 0x2 ? 4 : 0);
  const next = (present: number, otherwise: number) => {
    if (!(flags & present)) return otherwise;
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  return {
    duration: next(0x8, defaults.duration),
    size: next(0x10, defaults.size),
    flags: next(0x20, defaults.flags),
  };
}

/** Pictures of a moof box's body with the body of the mdat box that comes next. Throws a RangeError where malformed. */
export function readFragment(track: VideoTrack, moof: Buffer, mdat: Buffer): EncodedPicture[] {
  const traf = findBox(moof, 'traf');
  const tfhd = traf && findBox(traf, 'tfhd');
  const tfdt = traf && findBox(traf, 'tfdt');
  const trun = traf && findBox(traf, 'trun');
  if (!tfhd || !tfdt || !trun) throw new RangeError('A moof box lacks its traf, tfhd, tfdt or trun box.');
  const defaults = readFragmentHeader(tfhd, track.defaults);
  const flags = trun.readUIntBE(1, 3);
  const count = trun.readUInt32BE(4);
  if (!(flags & 0x1)) throw new RangeError('A trun box names no data offset.');
  // From the start of the moof box (its header is 8 bytes) to that of the mdat's body.
  let offset = trun.readInt32BE(8) - (moof.length + 8) - 8;
  let at = 12;
  const field = (present: number, otherwise: number) => {
    if (!(flags & present)) return otherwise;
    at += 4;
    return trun.readUInt32BE(at - 4);
  };
  const firstFlags = field(0x4, defaults.flags);
  let time = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const pictures: EncodedPicture[] = [];
  for (let index = 0; index < count; index++) {
    const duration = field(0x100, defaults.duration);
    const size = field(0x200, defaults.size);
    const sampleFlags = field(0x400, index === 0 ? firstFlags : defaults.flags);
    const composition = field(0x800, 0) | 0;
    if (size === 0 || offset < 0 || offset + size > mdat.length) {
      throw new RangeError(`A sample of ${size} bytes at ${offset} lies outside an mdat box of ${mdat.length}.`);
    }
    pictures.push({
      dtsMs: (time * 1000) / track.timescale,
      ptsMs: ((time + composition) * 1000) / track.timescale,
      keyframe: (sampleFlags & NOT_A_SYNC_SAMPLE) === 0,
      payload: mdat.subarray(offset, offset + size),
    });
    offset += size;
    time += duration;
  }
  return pictures;
}
