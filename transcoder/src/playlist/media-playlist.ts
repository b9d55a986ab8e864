import type { Segment } from '../packager/segment-window.ts';

/** Where another rendition of the show stands (EXT-X-RENDITION-REPORT). */
export interface RenditionReport {
  readonly uri: string;
  readonly lastMsn: number;
  readonly lastPart: number;
}

export interface MediaPlaylist {
  readonly targetDurationS: number;
  /** PART-TARGET in seconds; `undefined` makes a playlist without parts. */
  readonly partTargetS: number | undefined;
  readonly segments: readonly Segment[];
  readonly nextPart: { readonly msn: number; readonly part: number };
  readonly ended: boolean;
  readonly reports: readonly RenditionReport[];
}

/** Target durations that parts stay listed for (RFC 8216bis section 4.4.4.9). */
const LISTED_PARTS = 3;
/** Target durations at the end that a delta update never skips (section 4.4.3.8: at least six). */
const SKIP_BOUNDARY = 6;

function segmentUri(msn: number): string {
  return `${msn}.m4s`;
}

function partUri(msn: number, part: number): string {
  return `${msn}.${part}.m4s`;
}

function decimal(seconds: number): string {
  return seconds.toFixed(5);
}

/** EXTINF has five decimals: this many of its units are a second. */
export const EXTINF_UNITS = 100_000;

/** A duration as players read it, by which bit rates are measured (RFC 8216bis section 4.1), and whose sums are exact. */
export function extinfUnits({ duration }: Segment): number {
  return Math.round(duration * EXTINF_UNITS);
}

/** Finished segments do not change any more, so neither does what is written of them. */
const finished = new WeakMap<Segment, string>();
const finishedWithParts = new WeakMap<Segment, string>();

function segmentText(segment: Segment, withParts: boolean): string {
  const cache = withParts ? finishedWithParts : finished;
  const known = cache.get(segment);
  if (known !== undefined) return known;
  let text = segment.gap ? '#EXT-X-GAP\n' : '';
  if (withParts) {
    for (const [i, part] of segment.parts.entries()) {
      const kind = part.gap ? ',GAP=YES' : part.independent ? ',INDEPENDENT=YES' : '';
      text += `#EXT-X-PART:DURATION=${decimal(part.duration)},URI="${partUri(segment.msn, i)}"${kind}\n`;
    }
  }
  if (!segment.complete) return text;
  text += `#EXTINF:${decimal(segment.duration)},\n${segmentUri(segment.msn)}\n`;
  cache.set(segment, text);
  return text;
}

function header(playlist: MediaPlaylist, segments: readonly Segment[]): string {
  const { targetDurationS: target, partTargetS: partTarget } = playlist;
  const first = segments[0];
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${partTarget ? 9 : 7}`, `#EXT-X-TARGETDURATION:${target}`];
  const holdBack = `HOLD-BACK=${(3 * target).toFixed(1)}`;
  if (partTarget) {
    const skip = `CAN-SKIP-UNTIL=${(SKIP_BOUNDARY * target).toFixed(1)}`;
    const partHoldBack = `PART-HOLD-BACK=${(3 * partTarget).toFixed(3)}`;
    lines.push(`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,${skip},${partHoldBack},${holdBack}`);
    lines.push(`#EXT-X-PART-INF:PART-TARGET=${partTarget.toFixed(3)}`);
  } else lines.push(`#EXT-X-SERVER-CONTROL:${holdBack}`);
  lines.push(`#EXT-X-MEDIA-SEQUENCE:${first?.msn ?? 0}`);
  // The number before the first segment's own EXT-X-DISCONTINUITY, which is written with the segment.
  const discontinuities = first ? first.discontinuitySequence - (first.discontinuity ? 1 : 0) : 0;
  lines.push(`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuities}`);
  if (segments.every((segment) => segment.independent)) lines.push('#EXT-X-INDEPENDENT-SEGMENTS');
  return `${lines.join('\n')}\n`;
}

/** How many segments at the front lie before the skip boundary. */
function skippable(segments: readonly Segment[], targetDurationS: number): number {
  let fromEnd = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    if (fromEnd >= SKIP_BOUNDARY * targetDurationS) return i + 1;
    fromEnd += segments[i]!.duration;
  }
  return 0;
}

/** Index of the first segment that still lists its parts. */
function firstWithParts(segments: readonly Segment[], targetDurationS: number): number {
  let fromEnd = 0;
  for (let i = segments.length - 1; i >= 0; i--) {
    if (fromEnd >= LISTED_PARTS * targetDurationS) return i + 1;
    fromEnd += segments[i]!.duration;
  }
  return 0;
}

/**
 * A media playlist of RFC 8216bis. With `skip`, a playlist delta update (section 6.2.5.1) where there is anything to
 * skip.
 */
export function renderMediaPlaylist(playlist: MediaPlaylist, { skip }: { skip: boolean }): string {
  const low = playlist.partTargetS !== undefined;
  const segments = playlist.segments.filter(({ complete, parts }) => complete || (low && parts.length > 0));
  const skipped = skip && low ? skippable(segments, playlist.targetDurationS) : 0;
  const partsFrom = low ? firstWithParts(segments, playlist.targetDurationS) : Infinity;

  let text = header(playlist, segments);
  if (skipped > 0) text += `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}\n`;
  let map = '';
  for (let i = skipped; i < segments.length; i++) {
    const segment = segments[i]!;
    if (segment.discontinuity) text += '#EXT-X-DISCONTINUITY\n';
    if (segment.map !== map) text += `#EXT-X-MAP:URI="${segment.map}"\n`;
    map = segment.map;
    text += `#EXT-X-PROGRAM-DATE-TIME:${new Date(segment.programDateTimeMs).toISOString()}\n`;
    text += segmentText(segment, i >= partsFrom);
  }
  if (playlist.ended) return `${text}#EXT-X-ENDLIST\n`;
  if (!low) return text;
  text += `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${partUri(playlist.nextPart.msn, playlist.nextPart.part)}"\n`;
  for (const { uri, lastMsn, lastPart } of playlist.reports) {
    text += `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${lastMsn},LAST-PART=${lastPart}\n`;
  }
  return text;
}
