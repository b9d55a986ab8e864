import type { IncomingHttpHeaders } from 'node:http';
import { compressPlaylist } from '../origin/compress-playlist.ts';
import {
  COMMON_FIELDS,
  INIT_TYPE,
  PLAIN_LIFETIME_S,
  PLAYLIST_TYPE,
  PROBLEM_TYPE,
  SEGMENT_TYPE,
} from '../origin/replies.ts';
import { Reply, type Field, type ReplyOrigin } from '../origin/reply.ts';
import { isPlaylist, type Asked } from './asked.ts';
import { lifetimeMs } from './cache-control.ts';
import type { UpstreamAnswer } from './upstream-call.ts';

/** What a transcoder says to a GET of a whole thing; an edge asks for no ranges and has nothing to revalidate. */
const STATUSES: readonly number[] = [200, 400, 404, 503];

const TYPES: Record<Asked['kind'], string> = {
  master: PLAYLIST_TYPE,
  playlist: PLAYLIST_TYPE,
  map: INIT_TYPE,
  segment: SEGMENT_TYPE,
  part: SEGMENT_TYPE,
};

/** One answer for all viewers, each of whom takes it in one of two forms. */
export interface SharedReply {
  readonly plain: Reply;
  /** Of a playlist: compressed for the first viewer who accepts it. */
  readonly gzip?: () => Reply;
  /** How long it may be given again. */
  readonly lifetimeMs: number;
}

function passedOn(headers: IncomingHttpHeaders, name: 'Cache-Control' | 'Retry-After'): Field[] {
  const value = headers[name.toLowerCase()];
  return typeof value === 'string' ? [[name, value]] : [];
}

/** A playlist is given as the newest to whoever asks for what it lists, so it is kept no longer than one that was not waited for. */
function playlistFields(headers: IncomingHttpHeaders): Field[] {
  const isLonger = lifetimeMs(headers['cache-control']) > PLAIN_LIFETIME_S * 1000;
  const cacheControl: Field = ['Cache-Control', `public, max-age=${PLAIN_LIFETIME_S}`];
  return [
    ...COMMON_FIELDS,
    ['Content-Type', PLAYLIST_TYPE],
    ...(isLonger ? [cacheControl] : passedOn(headers, 'Cache-Control')),
    ['Vary', 'Accept-Encoding'],
  ];
}

function gzipReply(fields: readonly Field[], body: Buffer, origin: ReplyOrigin): Reply {
  return new Reply(200, [...fields, ['Content-Encoding', 'gzip']], body.length, () => [body], origin);
}

function otherFields(kind: Asked['kind'], { status, headers }: UpstreamAnswer): Field[] {
  const type: Field[] =
    status === 200
      ? [
          ['Content-Type', TYPES[kind]],
          ['Accept-Ranges', 'bytes'],
        ]
      : [['Content-Type', PROBLEM_TYPE]];
  return [...COMMON_FIELDS, ...type, ...passedOn(headers, 'Cache-Control'), ...passedOn(headers, 'Retry-After')];
}

/**
 * A transcoder's answer as all viewers get it; `undefined` where its status is none of a transcoder's. The transcoder parses
 * what strangers send and shares an origin with the pages, so what the bytes are is told by what was asked for.
 */
export function upstreamReply(kind: Asked['kind'], answer: UpstreamAnswer, now: () => number): SharedReply | undefined {
  const { status, headers, body } = answer;
  if (!STATUSES.includes(status)) return undefined;
  const cameMs = now();
  const origin = {
    date: headers.date ?? new Date().toUTCString(),
    age: () => Math.floor((now() - cameMs) / 1000),
  };
  if (status !== 200 || !isPlaylist(kind)) {
    const plain = new Reply(status, otherFields(kind, answer), body.length, () => [body], origin);
    return { plain, lifetimeMs: status === 200 ? lifetimeMs(headers['cache-control']) : 0 };
  }
  const fields = playlistFields(headers);
  let gzip: Reply | undefined;
  return {
    plain: new Reply(status, fields, body.length, () => [body], origin),
    gzip: () => (gzip ??= gzipReply(fields, compressPlaylist(body), origin)),
    lifetimeMs: Math.min(lifetimeMs(headers['cache-control']), PLAIN_LIFETIME_S * 1000),
  };
}
