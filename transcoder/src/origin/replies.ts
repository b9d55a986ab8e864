import { parseRange, sliceBuffers } from './byte-range.ts';
import { Reply, type Field } from './reply.ts';

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
export const PROBLEM_TYPE = 'text/plain; charset=utf-8';
export const INIT_TYPE = 'video/mp4';
export const SEGMENT_TYPE = 'video/iso.segment';

/** Of every answer: anybody may read it, and no browser takes it for a page with rights of this origin. */
export const COMMON_FIELDS: readonly Field[] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'Content-Length, Content-Range, Date'],
  ['X-Content-Type-Options', 'nosniff'],
  ['Content-Security-Policy', "sandbox; default-src 'none'"],
];
/** How long caches may keep a playlist that is what it is at the moment, in seconds. */
export const PLAIN_LIFETIME_S = 1;
/** A name always stands for the same bytes. */
const IMMUTABLE: Field = ['Cache-Control', 'public, max-age=3600, immutable'];
const NOTHING = (): readonly Buffer[] => [];

/** Says in one sentence why there is nothing else. Never cached, since what is missing now may come. */
export function problemReply(status: number, sentence: string, more: readonly Field[] = []): Reply {
  const body = Buffer.from(`${sentence}\n`);
  const fields: Field[] = [
    ...COMMON_FIELDS,
    ['Content-Type', PROBLEM_TYPE],
    ['Cache-Control', 'no-store'],
    ...(status === 405 ? ([['Allow', 'GET, HEAD, OPTIONS']] as const) : []),
    ...more,
  ];
  return new Reply(status, fields, body.length, () => [body]);
}

export function preflightReply(): Reply {
  const fields: Field[] = [
    ...COMMON_FIELDS,
    ['Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS'],
    ['Access-Control-Allow-Headers', 'Range'],
    ['Access-Control-Max-Age', '86400'],
  ];
  return new Reply(204, fields, 0, NOTHING);
}

/** A playlist, for everyone who asks before it changes. */
export function playlistReply(body: Buffer, { gzip, maxAgeS }: { gzip: boolean; maxAgeS: number }): Reply {
  const fields: Field[] = [
    ...COMMON_FIELDS,
    ['Content-Type', PLAYLIST_TYPE],
    ['Cache-Control', `public, max-age=${maxAgeS}`],
    ['Vary', 'Accept-Encoding'],
    ...(gzip ? ([['Content-Encoding', 'gzip']] as const) : []),
  ];
  return new Reply(200, fields, body.length, () => [body]);
}

function mediaFields(type: string): Field[] {
  return [...COMMON_FIELDS, ['Content-Type', type], IMMUTABLE, ['Accept-Ranges', 'bytes']];
}

/** Media that never changes. */
export function mediaReply(type: string, byteLength: number, body: () => readonly Buffer[]): Reply {
  return new Reply(200, mediaFields(type), byteLength, body);
}

/** What of a media reply was asked for: all of it where the range is none that RFC 9110 section 14.2 knows. */
export function rangeReply(whole: Reply, type: string, wanted: string): Reply {
  const range = parseRange(wanted, whole.byteLength);
  if (range.kind === 'whole') return whole;
  if (range.kind === 'unsatisfiable') {
    const { byteLength } = whole;
    const sentence = `There are ${byteLength} bytes of this file: ask for a range that begins within them.`;
    return problemReply(416, sentence, [['Content-Range', `bytes */${byteLength}`]]);
  }
  const { first, last } = range;
  const fields: Field[] = [...mediaFields(type), ['Content-Range', `bytes ${first}-${last}/${whole.byteLength}`]];
  return new Reply(206, fields, last - first + 1, () => [...sliceBuffers(whole.body, first, last)]);
}
