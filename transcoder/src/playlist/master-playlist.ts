import type { Segment } from '../packager/segment-window.ts';

export interface Variant {
  readonly uri: string;
  /** Peak, in bits per second. */
  readonly bandwidth: number;
  readonly averageBandwidth: number | undefined;
  readonly codecs: string;
  readonly resolution: { readonly width: number; readonly height: number } | undefined;
  readonly frameRate: number | undefined;
}

/**
 * BANDWIDTH and AVERAGE-BANDWIDTH in bits per second (RFC 8216bis section 4.4.6.2): the peak is that of the segments
 * which last at least half a target duration; `undefined` before the first part.
 */
export function measureBandwidth(
  segments: readonly Segment[],
  targetDurationS: number,
): { peak: number; average: number } | undefined {
  let bits = 0;
  let seconds = 0;
  let peak = 0;
  for (const segment of segments) {
    if (segment.gap || segment.duration === 0) continue;
    bits += segment.byteLength * 8;
    seconds += segment.duration;
    if (segment.duration >= targetDurationS / 2) peak = Math.max(peak, (segment.byteLength * 8) / segment.duration);
  }
  if (seconds === 0) return undefined;
  const average = bits / seconds;
  return { peak: Math.ceil(Math.max(peak, average)), average: Math.ceil(average) };
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
