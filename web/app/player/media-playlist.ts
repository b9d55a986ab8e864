/** The fields of a parsed media playlist that are read here, named as m3u8-parser names them. */
export interface Part {
  readonly uri: string;
  readonly resolvedUri?: string;
  readonly duration: number;
  readonly independent?: boolean;
}
export interface Segment {
  readonly duration: number;
  readonly resolvedUri?: string;
  readonly parts?: readonly Part[];
  /** True for the segment that is still growing. */
  readonly preload?: boolean;
  readonly preloadHints?: readonly { readonly type: string; readonly uri: string }[];
  readonly dateTimeObject?: Date;
}
export interface MediaPlaylist {
  readonly resolvedUri: string;
  readonly mediaSequence: number;
  readonly endList?: boolean;
  /** Seconds; VHS fills it in where a playlist has none. */
  readonly targetDuration: number;
  readonly partTargetDuration?: number;
  readonly segments: readonly Segment[];
  readonly preloadSegment?: Segment;
  readonly serverControl?: { readonly canBlockReload?: boolean; readonly partHoldBack?: number };
}

/** The update to wait for with a blocking reload (RFC 8216bis 6.2.5.2): the first part that is not yet listed. */
export function nextUpdate(playlist: MediaPlaylist): { msn: number; part: number } {
  const last = playlist.segments.at(-1);
  const growing = last?.preload === true;
  const msn = playlist.mediaSequence + playlist.segments.length - (growing ? 1 : 0);
  return { msn, part: growing ? (last.parts?.length ?? 0) : 0 };
}

/** Seconds that a segment lasts, as far as it is known. */
function segmentSeconds(segment: Segment): number {
  if (segment.preload !== true) return segment.duration;
  return (segment.parts ?? []).reduce((sum, part) => sum + part.duration, 0);
}

export function playlistSeconds(playlist: MediaPlaylist): number {
  return playlist.segments.reduce((sum, segment) => sum + segmentSeconds(segment), 0);
}

/** A part of a playlist, or a whole segment where no parts are listed. */
export interface Position {
  readonly segmentIndex: number;
  readonly partIndex: number | null;
  /** Seconds from the start of the playlist. */
  readonly start: number;
}

/**
 * Where to begin so that a picture `at` seconds from the start of the playlist can be shown: the last part (or segment)
 * at or before it which decodes by itself.
 */
export function decodableAt(playlist: MediaPlaylist, at: number): Position {
  // Sums of durations are not exact.
  const latest = at + 0.001;
  let found: Position = { segmentIndex: 0, partIndex: null, start: 0 };
  let start = 0;
  for (const [segmentIndex, segment] of playlist.segments.entries()) {
    if (segment.parts && segment.parts.length > 0) {
      let partStart = start;
      for (const [partIndex, part] of segment.parts.entries()) {
        if (part.independent === true && partStart <= latest) found = { segmentIndex, partIndex, start: partStart };
        partStart += part.duration;
      }
    } else if (start <= latest) {
      found = { segmentIndex, partIndex: null, start };
    }
    start += segmentSeconds(segment);
  }
  return found;
}

/**
 * Wall clock (Unix seconds) at the end of a part or, without a part index, of a segment; undefined without
 * EXT-X-PROGRAM-DATE-TIME at or before it.
 */
export function programmeTimeAtEnd(
  playlist: MediaPlaylist,
  segmentIndex: number,
  partIndex: number | null,
): number | undefined {
  let after = 0;
  for (let index = segmentIndex; index >= 0; index -= 1) {
    const segment = playlist.segments[index];
    if (!segment) return undefined;
    const upTo = index === segmentIndex && partIndex !== null ? segment.parts?.slice(0, partIndex + 1) : undefined;
    after += upTo ? upTo.reduce((sum, part) => sum + part.duration, 0) : segmentSeconds(segment);
    if (segment.dateTimeObject) return segment.dateTimeObject.getTime() / 1000 + after;
  }
  return undefined;
}

/** Wall clock (Unix seconds) of the newest end that is listed. */
export function newestProgrammeTime(playlist: MediaPlaylist): number | undefined {
  return programmeTimeAtEnd(playlist, playlist.segments.length - 1, null);
}
