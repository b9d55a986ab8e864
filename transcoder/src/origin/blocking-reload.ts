import type { SegmentWindow } from '../packager/segment-window.ts';

/** What a playlist request asks to wait for; without a part, the whole segment. */
export interface Wanted {
  readonly msn: number;
  readonly part: number | undefined;
}

export type ReloadQuery =
  { readonly wanted: Wanted | undefined; readonly skip: boolean } | { readonly problem: string };

const DECIMAL = /^[0-9]{1,15}$/;
const SEGMENTS_AHEAD = 2;

/** The delivery directives of RFC 8216bis section 6.2.5. Unknown parameters are left to others. */
export function parseReloadQuery(query: string): ReloadQuery {
  let msn: number | undefined;
  let part: number | undefined;
  let skip = false;
  for (const pair of query === '' ? [] : query.split('&', 64)) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (name === '_HLS_skip') skip = value === 'YES' || value === 'v2';
    else if (name === '_HLS_msn' || name === '_HLS_part') {
      if (!DECIMAL.test(value)) return { problem: `${name} must be a decimal number.` };
      if (name === '_HLS_msn') msn = Number(value);
      else part = Number(value);
    }
  }
  if (part !== undefined && msn === undefined) return { problem: '_HLS_part needs _HLS_msn beside it.' };
  return { wanted: msn === undefined ? undefined : { msn, part }, skip };
}

/** Why a request is refused at once; `undefined` where it may wait (section 6.2.5.2). */
export function tooFarAhead(
  { msn, part }: Wanted,
  last: { readonly msn: number; readonly parts: readonly unknown[] },
  partTargetS: number | undefined,
): string | undefined {
  if (msn > last.msn + SEGMENTS_AHEAD) {
    return `_HLS_msn is more than ${SEGMENTS_AHEAD} segments ahead of the last one, ${last.msn}.`;
  }
  if (part === undefined || msn < last.msn) return undefined;
  const advance = Math.ceil(partTargetS && partTargetS < 1 ? 3 / partTargetS : 3);
  const newest = msn === last.msn ? last.parts.length - 1 : 0;
  return part > newest + advance ? `_HLS_part is more than ${advance} parts ahead.` : undefined;
}

/**
 * Whether a playlist rendered now holds what was asked for. A part beyond the last of its segment stands for the first
 * of the next segment.
 */
export function isReached(window: SegmentWindow, { msn, part }: Wanted): boolean {
  const last = window.last;
  if (window.ended) return true;
  if (!last || msn > last.msn) return false;
  if (msn === last.msn) return part === undefined ? last.complete : part < last.parts.length;
  if (part === undefined || msn < last.msn - 1 || last.parts.length > 0 || last.complete) return true;
  return part < (window.segment(msn)?.parts.length ?? 0);
}
