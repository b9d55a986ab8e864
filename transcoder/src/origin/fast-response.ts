import type { IncomingMessage, ServerResponse } from 'node:http';

/** What of a ServerResponse tells node:http that head and body were written. */
interface Internals {
  _header: string;
  _headerSent: boolean;
  _hasBody: boolean;
}

const CRLF = '\r\n';

/** The start of a response: status line and fields, without Date and without the empty line. */
export function responseHead(status: string, fields: readonly (readonly [name: string, value: string])[]): string {
  return `HTTP/1.1 ${status}${CRLF}${fields.map(([name, value]) => `${name}: ${value}${CRLF}`).join('')}`;
}

let dateLine = '';
let dateSecond = 0;

/** The Date field and the empty line after it, written anew once a second. */
export function endOfHead(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(second * 1000).toUTCString()}${CRLF}${CRLF}`;
  }
  return dateLine;
}

/**
 * Whether `writeFast` may be used: HTTP/1.1 that stays open, and no earlier response still to be sent on the socket
 * (pipelining). All others take the way that node:http offers.
 */
export function canWriteFast(request: IncomingMessage, response: ServerResponse): boolean {
  return (
    response.shouldKeepAlive &&
    request.httpVersionMinor === 1 &&
    response.socket !== null &&
    response.writableLength === 0 &&
    !response.headersSent
  );
}

/** Responses that were written and still have to be told so. */
let written: ServerResponse[] = [];

function finishWritten(): void {
  const responses = written;
  written = [];
  for (const response of responses) {
    const internals = response as unknown as Internals;
    internals._header = ' ';
    internals._headerSent = true;
    internals._hasBody = false;
    response.end();
  }
}

/**
 * Answers with bytes that are ready, head included, past the assembling of headers in node:http, which costs as much as
 * everything else together. The response counts as complete at the end of this turn, and the connection goes on to its
 * next request: where thousands are answered in one turn, none waits for the bookkeeping of those before it.
 */
export function writeFast(response: ServerResponse, chunks: readonly (Buffer | string)[]): void {
  const socket = response.socket!;
  if (chunks.length > 1) socket.cork();
  for (const chunk of chunks) socket.write(chunk, 'latin1');
  if (chunks.length > 1) socket.uncork();
  if (written.push(response) === 1) process.nextTick(finishWritten);
}
