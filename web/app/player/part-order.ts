import type { MediaPlaylist, Part, Position } from './media-playlist.ts';

/** All listed parts of a playlist, oldest first. */
export function listedParts(playlist: MediaPlaylist): readonly Part[] {
  return playlist.segments.flatMap((segment) => segment.parts ?? []);
}

/** Address of the next part, which the server holds back until it exists (RFC 8216bis 4.4.5.3). */
function hintedPart(playlist: MediaPlaylist): string | undefined {
  const hint = playlist.preloadSegment?.preloadHints?.find(({ type }) => type === 'PART');
  return hint && new URL(hint.uri, playlist.resolvedUri).href;
}

/** What will be asked for after `last`: the parts that follow it, and the hinted one; at most `limit`. */
export function partsAfter(playlist: MediaPlaylist, last: string, limit: number): string[] {
  const listed = listedParts(playlist).map(({ resolvedUri }) => resolvedUri);
  const at = listed.lastIndexOf(last);
  const hint = hintedPart(playlist);
  if (at < 0 || hint === last) return [];
  return [...listed.slice(at + 1), hint].filter((uri) => uri !== undefined).slice(0, limit);
}

/**
 * Where a loader has to believe it is so that it asks for `position` next: one part (or segment) before it. Undefined
 * for the very first one.
 */
export function justBefore(
  playlist: MediaPlaylist,
  { segmentIndex, partIndex }: Position,
): { mediaIndex: number; partIndex: number | null } | undefined {
  if (partIndex !== null && partIndex > 0) return { mediaIndex: segmentIndex, partIndex: partIndex - 1 };
  const previous = playlist.segments[segmentIndex - 1];
  if (!previous) return undefined;
  const parts = previous.parts?.length ?? 0;
  return { mediaIndex: segmentIndex - 1, partIndex: parts > 0 ? parts - 1 : null };
}
