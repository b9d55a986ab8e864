import type { Segment } from '../packager/segment-window.ts';
import { EXTINF_UNITS, extinfUnits } from './media-playlist.ts';

export interface Variant {
  readonly uri: string;
  /** Peak, in bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth: number | undefined;
  readonly codecs: string;
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
  readonly frameRate: number | undefined;
}

function bitRate(bits: number, units: number): number {
  return (bits * EXTINF_UNITS) / units;
}

/**
 * The peak segment bit rate in bits per second (RFC 8216bis section 4.1): the largest of any run of segments that together
 * last between half and one and a half target durations; 0 where there is none. From each segment on it looks one and a
 * half target durations ahead, so the work grows with the number of segments.
 */
function peakBitRate(segments: readonly Segment[], targetDurationS: number): number {
  const target = targetDurationS * EXTINF_UNITS;
  let peak = 0;
  for (let first = 0; first < segments.length; first++) {
    let bits = 0;
    let units = 0;
    for (let last = first; last < segments.length; last++) {
      const segment = segments[last]!;
      // Nobody loads it, so what is on its two sides is never loaded as one run.
      if (segment.gap) break;
      bits += segment.byteLength * 8;
      units += extinfUnits(segment);
      // A single one that is longer, which no playlist should list (section 4.4.3.1), has to be loaded all the same.
      if (units > 1.5 * target && last > first) break;
      if (units >= 0.5 * target) peak = Math.max(peak, bitRate(bits, units));
    }
  }
  return peak;
}

/**
 * BANDWIDTH and AVERAGE-BANDWIDTH in bits per second (RFC 8216bis section 4.4.6.2); `undefined` before the first part. The
 * peak is never below the average, which is all that is known of a show's first half target duration.
 */
export function measureBandwidth(
  segments: readonly Segment[],
  targetDurationS: number,
): { peak: number; average: number } | undefined {
  let bits = 0;
  let units = 0;
  for (const segment of segments) {
    if (segment.gap) continue;
    bits += segment.byteLength * 8;
    units += extinfUnits(segment);
  }
  if (units === 0) return undefined;
  const average = bitRate(bits, units);
  return { peak: Math.ceil(Math.max(peakBitRate(segments, targetDurationS), average)), average: Math.ceil(average) };
}

/** A multivariant playlist, in the order given: a player starts with the first. */
export function renderMasterPlaylist(variants: readonly Variant[]): string {
  let text = '#EXTM3U\n#EXT-X-VERSION:7\n';
  for (const variant of variants) {
    const attributes = [`BANDWIDTH=${variant.bandwidth}`];
    if (variant.averageBandwidth) attributes.push(`AVERAGE-BANDWIDTH=${variant.averageBandwidth}`);
    attributes.push(`CODECS="${variant.codecs}"`);
    if (variant.resolution) attributes.push(`RESOLUTION=${variant.resolution.width}x${variant.resolution.height}`);
    if (variant.frameRate) attributes.push(`FRAME-RATE=${variant.frameRate.toFixed(3)}`);
    text += `#EXT-X-STREAM-INF:${attributes.join(',')}\n${variant.uri}\n`;
  }
  return text;
}
