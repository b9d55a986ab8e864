import type { MediaPlaylist, Part } from './media-playlist.ts';

/** All listed parts of a playlist, oldest first. */
export function listedParts(playlist: MediaPlaylist): readonly Part[] {
  return playlist.segments.flatMap((segment) => segment.parts ?? []);
}

/** Address of the next part, which the server holds back until it exists (RFC 8216bis 4.4.5.3). */
export function hintedPart(playlist: MediaPlaylist): string | undefined {
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
 * The parts to deliver as one when `wanted` is asked for after `last`. A part that follows its predecessor goes alone;
 * one in the middle of a group of pictures brings all since the last part that decodes by itself: a decoder can do
 * nothing with less after a jump or a change of quality.
 */
export function partsToDecode(playlist: MediaPlaylist, wanted: string, last: string | undefined): string[] {
  const listed = listedParts(playlist);
  const at = listed.findIndex(({ resolvedUri }) => resolvedUri === wanted);
  if (at < 0 || (last !== undefined && listed[at - 1]?.resolvedUri === last)) return [wanted];
  const from = listed.slice(0, at + 1).findLastIndex(({ independent }) => independent === true);
  if (from < 0) return [wanted];
  return listed.slice(from, at + 1).flatMap(({ resolvedUri }) => resolvedUri ?? []);
}
