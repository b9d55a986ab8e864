import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseRange, sliceBuffers } from './byte-range.ts';

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
export const INIT_TYPE = 'video/mp4';
export const SEGMENT_TYPE = 'video/iso.segment';

const CORS: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  'Content-Length, Content-Range, Date',
];
/** A name always stands for the same bytes. */
const IMMUTABLE = 'public, max-age=3600, immutable';

/** Says in one sentence why there is nothing else. Never cached, except by whoever asks again within a second. */
export function sendProblem(response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${sentence}\n`);
  response.writeHead(status, [
    ...CORS,
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    ...(status === 405 ? ['Allow', 'GET, HEAD, OPTIONS'] : []),
  ]);
  response.end(body);
}

export function sendPreflight(response: ServerResponse): void {
  response.writeHead(204, [
    ...CORS,
    'Access-Control-Allow-Methods',
    'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers',
    'Range',
    'Access-Control-Max-Age',
    '86400',
  ]);
  response.end();
}

/** Media that never changes, in one gathered write; answers Range and HEAD. */
export function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  media: { readonly type: string; readonly buffers: readonly Buffer[]; readonly byteLength: number },
): void {
  const range = parseRange(request.headers.range, media.byteLength);
  const headers = [...CORS, 'Content-Type', media.type, 'Cache-Control', IMMUTABLE, 'Accept-Ranges', 'bytes'];
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, [...headers, 'Content-Range', `bytes */${media.byteLength}`, 'Content-Length', '0']);
    response.end();
    return;
  }
  let { buffers, byteLength } = media;
  if (range.kind === 'part') {
    buffers = sliceBuffers(buffers, range.first, range.last);
    byteLength = range.last - range.first + 1;
    headers.push('Content-Range', `bytes ${range.first}-${range.last}/${media.byteLength}`);
  }
  headers.push('Content-Length', String(byteLength));
  response.writeHead(range.kind === 'part' ? 206 : 200, headers);
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.cork();
  for (const buffer of buffers) response.write(buffer);
  response.end();
}

export function sendPlaylist(
  response: ServerResponse,
  playlist: { readonly body: Buffer; readonly gzip: boolean; readonly maxAgeS: number },
): void {
  response.writeHead(200, [
    ...CORS,
    'Content-Type',
    PLAYLIST_TYPE,
    'Cache-Control',
    `public, max-age=${playlist.maxAgeS}`,
    'Vary',
    'Accept-Encoding',
    'Content-Length',
    String(playlist.body.length),
    ...(playlist.gzip ? ['Content-Encoding', 'gzip'] : []),
  ]);
  response.end(playlist.body);
}

/** Whether gzip is among what the client accepts (RFC 9110 section 12.5.3). */
export function acceptsGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding'];
  return typeof accepted === 'string' && /(^|,)\s*(gzip|\*)\s*(?!;\s*q=0(\.0*)?\s*(,|$))(;|,|$)/i.test(accepted);
}
