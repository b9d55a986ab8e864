import { httpGet, type HttpAnswer } from './http-get.ts';
import { nextPosition, parseMaster, parseMedia } from './hls-playlist.ts';
import type { Violation } from './hls-rules.ts';

/**
 * How a low-latency origin must answer over HTTP: wrong delivery directives, HEAD, Range, types, CORS, compression and
 * cache lifetimes. The stream must be live with at least one whole segment.
 */
export async function checkOriginAnswers(masterUrl: string): Promise<Violation[]> {
  const found: Violation[] = [];
  const want = (rule: string, holds: boolean, message: string) => {
    if (!holds) found.push({ rule, message });
  };
  const master = parseMaster((await httpGet(masterUrl)).body.toString());
  const playlistUrl = new URL(master.variants[0]?.uri ?? '', masterUrl).href;
  const plain = await httpGet(playlistUrl);
  const playlist = parseMedia(plain.body.toString());
  const next = nextPosition(playlist);

  for (const [query, why] of [
    ['_HLS_part=0', '_HLS_part without _HLS_msn'],
    [`_HLS_msn=${next.msn + 4}`, 'a segment more than two ahead'],
    [`_HLS_msn=${next.msn + 4}&_HLS_part=0`, 'a part more than two segments ahead'],
    ['_HLS_msn=soon', 'a sequence number that is none'],
    [`_HLS_msn=${next.msn}&_HLS_part=-1`, 'a part number that is none'],
  ]) {
    const answer = await httpGet(`${playlistUrl}?${query}`);
    want('400', answer.status === 400, `${why} (${query}) was answered ${answer.status}, not 400 (6.2.5.2)`);
  }
  const old = await httpGet(`${playlistUrl}?_HLS_msn=${playlist.mediaSequence}`);
  want(
    'BLOCKING',
    old.status === 200 && old.endedAt - old.sentAt < 1_000,
    `A segment long there was not answered at once`,
  );

  const zipped = await httpGet(playlistUrl, { headers: { 'accept-encoding': 'gzip' } });
  want(
    'GZIP',
    zipped.headers['content-encoding'] === 'gzip',
    'A playlist asked for with gzip came without (appendix D.1)',
  );
  want(
    'GZIP',
    /accept-encoding/i.test(String(zipped.headers.vary)),
    'A compressed answer does not say Vary: Accept-Encoding',
  );
  const plainAge = /max-age=([0-9]+)/.exec(plain.headers['cache-control'] ?? '')?.[1];
  want(
    'CACHE',
    plainAge !== undefined && Number(plainAge) <= (playlist.targetDuration ?? 1),
    `A playlist may be kept for "${plain.headers['cache-control']}", more than a target duration`,
  );

  const segment = playlist.segments.findLast(({ uri }) => uri !== undefined);
  const segmentUrl = new URL(segment?.uri ?? '', playlistUrl).href;
  const media = await httpGet(segmentUrl);
  want(
    'MIME',
    /^video\/(mp4|iso\.segment)/.test(media.headers['content-type'] ?? ''),
    `A segment is ${media.headers['content-type']}`,
  );
  want(
    'CORS',
    media.headers['access-control-allow-origin'] !== undefined,
    'A segment has no Access-Control-Allow-Origin',
  );
  want(
    'CACHE',
    /immutable/.test(media.headers['cache-control'] ?? ''),
    `A segment may be kept for "${media.headers['cache-control']}"`,
  );
  want('LENGTH', Number(media.headers['content-length']) === media.body.length, 'A segment has no Content-Length');
  const head = await httpGet(segmentUrl, { method: 'HEAD' });
  want(
    'HEAD',
    head.status === 200 && head.headers['content-length'] === media.headers['content-length'] && head.body.length === 0,
    `HEAD of a segment: ${head.status}, length ${head.headers['content-length']}`,
  );
  const ranges: [string, number, Buffer][] = [
    ['bytes=0-99', 206, media.body.subarray(0, 100)],
    ['bytes=100-', 206, media.body.subarray(100)],
    ['bytes=-50', 206, media.body.subarray(-50)],
    [`bytes=${media.body.length}-`, 416, Buffer.alloc(0)],
  ];
  for (const [range, status, body] of ranges) {
    const answer: HttpAnswer = await httpGet(segmentUrl, { headers: { range } });
    const right = answer.status === status && (status === 416 || answer.body.equals(body));
    want('RANGE', right, `Range ${range} was answered ${answer.status} with ${answer.body.length} bytes`);
  }
  const unknown = await httpGet(new URL('no-such-segment.m4s', playlistUrl).href);
  want(
    '404',
    unknown.status === 404 && unknown.body.length > 10,
    `An unknown file was answered ${unknown.status}, without words`,
  );
  return found;
}
