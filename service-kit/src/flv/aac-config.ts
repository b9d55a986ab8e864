import { BitReader } from './bit-reader.ts';

/** An AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1) and what follows from it. */
export interface AacConfig {
  readonly record: Buffer;
  /** RFC 6381, such as mp4a.40.2. */
  readonly codec: string;
  readonly objectType: number;
  /** Samples per second of the AAC core, which counts the decode time. */
  readonly sampleRate: number;
  readonly channels: number;
  /** 1024, or 960 where the stream says so. */
  readonly samplesPerFrame: number;
}

const SAMPLE_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];
const LOW_COMPLEXITY = 2;
const SPECTRAL_BAND_REPLICATION = 5;
const PARAMETRIC_STEREO = 29;
const EXPLICIT_RATE = 15;
/** The table's own ends: a rate that is written out must lie between them, so that a frame lasts 10 to 140 ms. */
const [HIGHEST_RATE, LOWEST_RATE] = [96_000, 7_350];

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readSampleRate(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  return index === EXPLICIT_RATE ? reader.bits(24) : SAMPLE_RATES[index];
}

/**
 * Why a record cannot be used: it ends early; its object type is none of AAC LC, HE, HE v2, Main and LTP; AAC has no such
 * sample rate; its channels are not one of the layouts 1 to 7 (0 is a layout of the encoder's own, such as ffmpeg's 2.1).
 */
export type AacProblem = 'malformed' | 'object-type' | 'sample-rate' | 'channels';

/** Reads the record of an AAC sequence header. */
export function readAacConfig(record: Buffer): AacConfig | AacProblem {
  try {
    const reader = new BitReader(record);
    const objectType = readObjectType(reader);
    const sampleRate = readSampleRate(reader);
    const channels = CHANNELS[reader.bits(4)];
    if (objectType === SPECTRAL_BAND_REPLICATION || objectType === PARAMETRIC_STEREO) {
      readSampleRate(reader);
      if (readObjectType(reader) !== LOW_COMPLEXITY) return 'object-type';
    } else if (objectType < 1 || objectType > 4) return 'object-type';
    if (!sampleRate || sampleRate < LOWEST_RATE || sampleRate > HIGHEST_RATE) return 'sample-rate';
    if (!channels) return 'channels';
    const samplesPerFrame = reader.flag() ? 960 : 1024;
    return { record, codec: `mp4a.40.${objectType}`, objectType, sampleRate, channels, samplesPerFrame };
  } catch (error) {
    if (error instanceof RangeError) return 'malformed';
    throw error;
  }
}

/** `undefined` where the record cannot be used. */
export function parseAacConfig(record: Buffer): AacConfig | undefined {
  const read = readAacConfig(record);
  return typeof read === 'string' ? undefined : read;
}
