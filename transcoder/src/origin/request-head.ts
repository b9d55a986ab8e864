/** What the fields of a request ask of the server. */
export interface RequestFields {
  readonly acceptEncoding: string | undefined;
  /** Only node:http can answer: a Range, for one. */
  readonly needsHttp: boolean;
}

/** A GET request of HTTP/1.1 without a body, on a connection that stays open. */
export interface RequestHead {
  readonly url: string;
  readonly fieldLines: string;
  readonly fields: RequestFields;
}

const END = '\r\n\r\n';
const METHOD = 'GET ';
const VERSION = ' HTTP/1.1';
const TARGET = /^\/[\x21-\x7e]*$/;
const FIELD_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*$/;
/** With these a request has a body, or becomes something else than a request. */
const NOT_PLAIN = new Set([
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'trailer',
  'te',
  'http2-settings',
]);

function parseFields(lines: string): RequestFields | undefined {
  let acceptEncoding: string | undefined;
  let needsHttp = false;
  let hosts = 0;
  for (const line of lines.split('\r\n')) {
    if (!FIELD_LINE.test(line)) return undefined;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (NOT_PLAIN.has(name)) return undefined;
    if (name === 'connection' && value.toLowerCase() !== 'keep-alive') return undefined;
    if (name === 'host') hosts++;
    else if (name === 'range') needsHttp = true;
    else if (name === 'accept-encoding')
      acceptEncoding = acceptEncoding === undefined ? value : `${acceptEncoding}, ${value}`;
  }
  return hosts === 1 ? { acceptEncoding, needsHttp } : undefined;
}

/**
 * Reads what a socket gave as exactly one whole and plain request; `undefined` for all else, be it valid or not: that is
 * for node:http to judge.
 * @param previous The request before on the same connection: fields that are equal letter by letter are not read again.
 */
export function parseRequestHead(bytes: Buffer, previous: RequestHead | undefined): RequestHead | undefined {
  const text = bytes.toString('latin1');
  if (!text.startsWith(METHOD) || text.indexOf(END) !== text.length - END.length) return undefined;
  const lineEnd = text.indexOf('\r\n');
  if (!text.endsWith(VERSION, lineEnd)) return undefined;
  const url = text.slice(METHOD.length, lineEnd - VERSION.length);
  if (!TARGET.test(url)) return undefined;
  const fieldLines = text.slice(lineEnd + 2, -END.length);
  const fields =
    previous !== undefined && previous.fieldLines === fieldLines ? previous.fields : parseFields(fieldLines);
  return fields && { url, fieldLines, fields };
}
