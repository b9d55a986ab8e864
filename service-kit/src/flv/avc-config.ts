import { parseSps, type Sps } from './sps.ts';

/** An AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1) and what follows from it. */
export interface AvcConfig {
  /** The record itself, as it goes into an avcC box. */
  readonly record: Buffer;
  /** RFC 6381, such as avc1.64001f. */
  readonly codec: string;
  readonly profile: string;
  /** Such as 3.1. */
  readonly level: number;
  readonly width: number;
  readonly height: number;
  /** Frames per second where the stream says so. */
  readonly frameRate: number | undefined;
  /** Bytes of the length before each NAL unit: 1, 2 or 4. */
  readonly nalLengthBytes: number;
  readonly sps: Sps;
  readonly spsUnits: readonly Buffer[];
  readonly ppsUnits: readonly Buffer[];
}

const PROFILES: Readonly<Record<number, string>> = {
  66: 'Baseline',
  77: 'Main',
  88: 'Extended',
  100: 'High',
  110: 'High 10',
  122: 'High 4:2:2',
  244: 'High 4:4:4',
};
const CONSTRAINT_SET1 = 0x40;

function profileName(sps: Sps): string {
  if (sps.profileIdc === 66 && sps.constraintFlags & CONSTRAINT_SET1) return 'Constrained Baseline';
  return PROFILES[sps.profileIdc] ?? `profile ${sps.profileIdc}`;
}

function readUnits(record: Buffer, start: number, count: number): { units: Buffer[]; end: number } {
  const units: Buffer[] = [];
  let offset = start;
  for (let i = 0; i < count; i++) {
    const length = record.readUInt16BE(offset);
    offset += 2;
    if (length === 0 || offset + length > record.length) throw new RangeError('A parameter set is cut short.');
    units.push(record.subarray(offset, offset + length));
    offset += length;
  }
  return { units, end: offset };
}

/** `undefined` where the record is malformed. */
export function parseAvcConfig(record: Buffer): AvcConfig | undefined {
  try {
    if (record.length < 7 || record[0] !== 1) return undefined;
    const nalLengthBytes = (record[4]! & 3) + 1;
    const spsSection = readUnits(record, 6, record[5]! & 0x1f);
    const ppsSection = readUnits(record, spsSection.end + 1, record[spsSection.end] ?? 0);
    const [firstSps] = spsSection.units;
    if (nalLengthBytes === 3 || !firstSps || ppsSection.units.length === 0) return undefined;
    const sps = parseSps(firstSps);
    return {
      record,
      codec: `avc1.${record.toString('hex', 1, 4)}`,
      profile: profileName(sps),
      level: sps.levelIdc / 10,
      width: sps.width,
      height: sps.height,
      frameRate: sps.frameRate,
      nalLengthBytes,
      sps,
      spsUnits: spsSection.units,
      ppsUnits: ppsSection.units,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
