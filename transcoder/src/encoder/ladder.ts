import { LADDER_PRESETS } from '@showrunner/crds';

export type LadderPreset = (typeof LADDER_PRESETS)[number];

/** The picture that a ladder is made for. */
export interface LadderSource {
  readonly width: number;
  readonly height: number;
  /** Frames per second; 30 is assumed where it is unknown. */
  readonly frameRate: number | undefined;
}

/** One rendition to encode: H.264 High, bit rates in bits per second. */
export interface LadderRung {
  /** By the shorter side, as viewers name it: 720p. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly videoBitrate: number;
  /** Peak rate, held within `bufferBits` (the VBV of ITU-T H.264 annex C). */
  readonly maxBitrate: number;
  readonly bufferBits: number;
  /** The source's: every picture of the source is one of the rung. */
  readonly frameRate: number;
  /** level_idc: 31 is level 3.1. */
  readonly levelIdc: number;
}

/** For 16:9 at up to 30 frames a second. */
const VIDEO_BITRATES: Readonly<Record<number, number>> = {
  1080: 5_000_000,
  720: 2_500_000,
  480: 1_200_000,
  360: 800_000,
};
const DEFAULT_FRAME_RATE = 30;
/** 8192 x 4320. What is larger is not decoded: a few bytes of a publisher's would cost us hundreds of megabytes. */
export const MAX_SOURCE_PIXELS = 8192 * 4320;

/** ITU-T H.264 table A-1: level_idc, macroblocks a second, macroblocks a frame, kbit/s (High profile: 1.25 x). */
const LEVELS: readonly (readonly [idc: number, perSecond: number, perFrame: number, kilobits: number])[] = [
  [21, 19_800, 792, 4_000],
  [22, 20_250, 1_620, 4_000],
  [30, 40_500, 1_620, 10_000],
  [31, 108_000, 3_600, 14_000],
  [32, 216_000, 5_120, 20_000],
  [40, 245_760, 8_192, 20_000],
  [42, 522_240, 8_704, 50_000],
  [50, 589_824, 22_080, 135_000],
  [51, 983_040, 36_864, 240_000],
];
const HIGHEST_LEVEL = 52;

function levelFor(width: number, height: number, frameRate: number, bitrate: number): number {
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16);
  const fits = LEVELS.find(
    ([, perSecond, perFrame, kilobits]) =>
      macroblocks <= perFrame && macroblocks * frameRate <= perSecond && bitrate <= kilobits * 1250,
  );
  return fits?.[0] ?? HIGHEST_LEVEL;
}

/** Sixty frames a second cost half as much again as thirty, wide pictures what their area says. */
function bitrateFor(side: number, area: number, frameRate: number): number {
  const motion = 1 + (Math.min(Math.max(frameRate, 30), 60) - 30) / 60;
  const shape = Math.min(Math.max(area / ((side * side * 16) / 9), 0.75), 2);
  return Math.round((VIDEO_BITRATES[side]! * motion * shape) / 50_000) * 50_000;
}

const even = (value: number) => Math.max(2, 2 * Math.round(value / 2));

/**
 * The renditions below a source, tallest first: those of the preset and under it whose shorter side is shorter than
 * the source's. Empty for `none`, for a source at or below 360, and for a picture that is too large to decode.
 */
export function ladderFor(preset: LadderPreset, source: LadderSource): LadderRung[] {
  const shorter = Math.min(source.width, source.height);
  if (preset === 'none' || shorter < 2 || source.width * source.height > MAX_SOURCE_PIXELS) return [];
  const frameRate = source.frameRate && source.frameRate > 0 ? source.frameRate : DEFAULT_FRAME_RATE;
  return LADDER_PRESETS.slice(LADDER_PRESETS.indexOf(preset))
    .filter((name) => name !== 'none')
    .map((name) => ({ name, side: Number.parseInt(name, 10) }))
    .filter(({ side }) => side < shorter)
    .map(({ name, side }) => {
      const width = even((side * source.width) / shorter);
      const height = even((side * source.height) / shorter);
      const videoBitrate = bitrateFor(side, width * height, frameRate);
      const maxBitrate = Math.round(videoBitrate * 1.2);
      const levelIdc = levelFor(width, height, frameRate, maxBitrate);
      return { name, width, height, videoBitrate, maxBitrate, bufferBits: videoBitrate, frameRate, levelIdc };
    });
}
