import type { Wanted } from '../origin/blocking-reload.ts';

/** The newest that a playlist lists. */
export interface Newest {
  readonly msn: number;
  /** Index of the newest part of that segment; -1 where it has none. */
  readonly part: number;
  readonly complete: boolean;
}

/** Of a playlist that holds back nothing, since it has ended or knows no blocking reload. */
const ALL: Newest = { msn: Infinity, part: Infinity, complete: true };
const SEGMENT = /#EXTINF:[^\n]*\n(\d{1,15})\.m4s\n/y;
const PART = /#EXT-X-PART:[^\n]*URI="(\d{1,15})\.(\d{1,6})\.m4s"/y;

function lastMatch(text: string, tag: string, pattern: RegExp): number[] {
  pattern.lastIndex = Math.max(0, text.lastIndexOf(tag));
  return (pattern.exec(text) ?? []).slice(1).map(Number);
}

/** `undefined` where nothing is listed, or what no transcoder of ours writes. */
export function newestListed(playlist: string): Newest | undefined {
  if (!playlist.startsWith('#EXTM3U')) return undefined;
  if (!playlist.includes('CAN-BLOCK-RELOAD=YES') || playlist.includes('#EXT-X-ENDLIST')) return ALL;
  const [segment = -1] = lastMatch(playlist, '#EXTINF:', SEGMENT);
  const [msn = -1, part = -1] = lastMatch(playlist, '#EXT-X-PART:', PART);
  if (msn > segment) return { msn, part, complete: false };
  return segment < 0 ? undefined : { msn: segment, part: msn === segment ? part : -1, complete: true };
}

/** Whether a request need not wait, as the transcoder decides it too. */
export function isListed(newest: Newest, { msn, part }: Wanted): boolean {
  if (msn !== newest.msn) return msn < newest.msn;
  return part === undefined ? newest.complete : part <= newest.part;
}

/** Whether what is waited for comes next: a part, or the end of the segment that it belongs to. */
export function isNext(newest: Newest, { msn, part }: Wanted): boolean {
  if (msn === newest.msn + 1) return part === undefined || part === 0;
  return msn === newest.msn && (part === undefined || part === newest.part + 1);
}

/** Which of two is further ahead: more than 0 where it is `a`. */
export function compareWanted(a: Wanted, b: Wanted): number {
  if (a.msn !== b.msn) return a.msn - b.msn;
  const [partOfA, partOfB] = [a.part ?? Number.MAX_SAFE_INTEGER, b.part ?? Number.MAX_SAFE_INTEGER];
  return partOfA - partOfB;
}
