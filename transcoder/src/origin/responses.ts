import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseRange, sliceBuffers } from './byte-range.ts';
import { canWriteFast, endOfHead, responseHead, writeFast } from './fast-response.ts';

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
export const INIT_TYPE = 'video/mp4';
export const SEGMENT_TYPE = 'video/iso.segment';

type Field = readonly [name: string, value: string];

const CORS: readonly Field[] = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'Content-Length, Content-Range, Date'],
];
/** A name always stands for the same bytes. */
const IMMUTABLE: Field = ['Cache-Control', 'public, max-age=3600, immutable'];

function writeHead(response: ServerResponse, status: number, fields: readonly Field[]): void {
  response.writeHead(status, fields.flat());
}

/** Says in one sentence why there is nothing else. Never cached, since what is missing now may come. */
export function sendProblem(response: ServerResponse, status: number, sentence: string): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`${sentence}\n`);
  writeHead(response, status, [
    ...CORS,
    ['Content-Type', 'text/plain; charset=utf-8'],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-store'],
    ...(status === 405 ? ([['Allow', 'GET, HEAD, OPTIONS']] as const) : []),
  ]);
  response.end(body);
}

export function sendPreflight(response: ServerResponse): void {
  writeHead(response, 204, [
    ...CORS,
    ['Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS'],
    ['Access-Control-Allow-Headers', 'Range'],
    ['Access-Control-Max-Age', '86400'],
  ]);
  response.end();
}

/** Media that never changes, in one gathered write; answers Range and HEAD. */
export class MediaResponse {
  readonly #fields: readonly Field[];
  readonly #head: string;
  readonly #byteLength: number;
  readonly #buffers: () => readonly Buffer[];

  constructor(type: string, byteLength: number, buffers: () => readonly Buffer[]) {
    this.#fields = [...CORS, ['Content-Type', type], IMMUTABLE, ['Accept-Ranges', 'bytes']];
    this.#head = responseHead('200 OK', [...this.#fields, ['Content-Length', String(byteLength)]]);
    this.#byteLength = byteLength;
    this.#buffers = buffers;
  }

  send(request: IncomingMessage, response: ServerResponse): void {
    const wanted = requestField(request, 'range');
    if (wanted === undefined && canWriteFast(request, response)) {
      const head = this.#head + endOfHead();
      writeFast(response, request.method === 'HEAD' ? [head] : [head, ...this.#buffers()]);
      return;
    }
    const range = parseRange(wanted, this.#byteLength);
    if (range.kind === 'unsatisfiable') {
      const total: Field = ['Content-Range', `bytes */${this.#byteLength}`];
      writeHead(response, 416, [...this.#fields, total, ['Content-Length', '0']]);
      response.end();
      return;
    }
    const { first, last } = range.kind === 'part' ? range : { first: 0, last: this.#byteLength - 1 };
    const length: Field = ['Content-Length', String(last - first + 1)];
    if (range.kind === 'whole') writeHead(response, 200, [...this.#fields, length]);
    else {
      const found: Field = ['Content-Range', `bytes ${first}-${last}/${this.#byteLength}`];
      writeHead(response, 206, [...this.#fields, found, length]);
    }
    if (request.method !== 'HEAD') {
      response.cork();
      for (const buffer of sliceBuffers(this.#buffers(), first, last)) response.write(buffer);
    }
    response.end();
  }
}

/** A playlist as bytes, for everyone who asks before it changes. */
export class PlaylistResponse {
  readonly #fields: readonly Field[];
  readonly #body: Buffer;
  readonly #head: string;
  /** Head and body in one piece, and which Date it holds. */
  #whole: Buffer | undefined;
  #date = '';

  constructor(body: Buffer, options: { gzip: boolean; maxAgeS: number }) {
    this.#body = body;
    this.#fields = [
      ...CORS,
      ['Content-Type', PLAYLIST_TYPE],
      ['Cache-Control', `public, max-age=${options.maxAgeS}`],
      ['Vary', 'Accept-Encoding'],
      ['Content-Length', String(body.length)],
      ...(options.gzip ? ([['Content-Encoding', 'gzip']] as const) : []),
    ];
    this.#head = responseHead('200 OK', this.#fields);
  }

  send(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET' && canWriteFast(request, response)) {
      const date = endOfHead();
      if (!this.#whole || this.#date !== date) {
        this.#whole = Buffer.concat([Buffer.from(this.#head + date, 'latin1'), this.#body]);
        this.#date = date;
      }
      writeFast(response, [this.#whole]);
      return;
    }
    writeHead(response, 200, this.#fields);
    response.end(request.method === 'HEAD' ? undefined : this.#body);
  }
}

/**
 * A header field of the request, the name in lower case; without the object of all of them that node:http would make.
 */
function requestField({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const given = rawHeaders[i]!;
    if (given.length === name.length && given.toLowerCase() === name) return rawHeaders[i + 1];
  }
  return undefined;
}

const GZIP = /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([0-9.]+)\s*)?(?:,|$)/i;

/** Whether gzip is among what the client accepts (RFC 9110 section 12.5.3). */
export function acceptsGzip(request: IncomingMessage): boolean {
  const accepted = requestField(request, 'accept-encoding');
  const match = accepted === undefined ? null : GZIP.exec(accepted);
  return match !== null && (match[1] === undefined || Number(match[1]) > 0);
}
