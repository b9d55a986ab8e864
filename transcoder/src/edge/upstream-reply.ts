import type { IncomingHttpHeaders } from 'node:http';
import { COMMON_FIELDS, INIT_TYPE, PLAYLIST_TYPE, PROBLEM_TYPE, SEGMENT_TYPE } from '../origin/replies.ts';
import { Reply, type Field } from '../origin/reply.ts';
import { isPlaylist, type Asked } from './asked.ts';
import type { UpstreamAnswer } from './upstream-call.ts';

/** What a transcoder says to a GET of a whole thing; an edge asks for no ranges and has nothing to revalidate. */
const STATUSES: readonly number[] = [200, 400, 404, 503];
/** What of a transcoder's answer is for viewers; all else that they get is written here. */
const PASSED_ON = ['Cache-Control', 'Vary', 'Retry-After'] as const;

const TYPES: Record<Asked['kind'], string> = {
  master: PLAYLIST_TYPE,
  playlist: PLAYLIST_TYPE,
  map: INIT_TYPE,
  segment: SEGMENT_TYPE,
  part: SEGMENT_TYPE,
};

function passedOn(headers: IncomingHttpHeaders): Field[] {
  return PASSED_ON.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
}

function contentFields(kind: Asked['kind'], { status, headers }: UpstreamAnswer): Field[] {
  if (status !== 200) return [['Content-Type', PROBLEM_TYPE]];
  const type: Field = ['Content-Type', TYPES[kind]];
  if (!isPlaylist(kind)) return [type, ['Accept-Ranges', 'bytes']];
  return headers['content-encoding'] === 'gzip' ? [type, ['Content-Encoding', 'gzip']] : [type];
}

/**
 * A transcoder's answer as all viewers get it; `undefined` where its status is none of a transcoder's. The transcoder parses
 * what strangers send and shares an origin with the pages, so what the bytes are is told by what was asked for.
 */
export function upstreamReply(kind: Asked['kind'], answer: UpstreamAnswer, now: () => number): Reply | undefined {
  const { status, headers, body } = answer;
  if (!STATUSES.includes(status)) return undefined;
  const cameMs = now();
  const fields = [...COMMON_FIELDS, ...contentFields(kind, answer), ...passedOn(headers)];
  return new Reply(status, fields, body.length, () => [body], {
    date: headers.date ?? new Date().toUTCString(),
    age: () => Math.floor((now() - cameMs) / 1000),
  });
}
