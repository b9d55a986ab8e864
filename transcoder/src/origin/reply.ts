import { STATUS_CODES } from 'node:http';

export type Field = readonly [name: string, value: string];

const CRLF = '\r\n';
/** Up to here one write of head and body together costs less than two pieces. */
const JOINED_BYTES = 32 * 1024;

let dateLine = '';
let dateSecond = 0;

/** The Date field and the empty line after it, written anew once a second. */
function endOfHead(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = `Date: ${new Date(second * 1000).toUTCString()}${CRLF}${CRLF}`;
  }
  return dateLine;
}

/** An answer that can be given many times: to each viewer the same bytes. */
export class Reply {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly byteLength: number;
  readonly #body: () => readonly Buffer[];
  #head: string | undefined;
  #wire: readonly Buffer[] = [];
  #wireDate: string | undefined;

  /** @param body The body's pieces, of `byteLength` together; called when it is first sent. */
  constructor(status: number, fields: readonly Field[], byteLength: number, body: () => readonly Buffer[]) {
    this.status = status;
    this.fields = status === 204 ? fields : [...fields, ['Content-Length', String(byteLength)]];
    this.byteLength = byteLength;
    this.#body = body;
  }

  get body(): readonly Buffer[] {
    return this.#body();
  }

  /** Head and body as HTTP/1.1 sends them on a connection that stays open; the same buffers for a second. */
  get wire(): readonly Buffer[] {
    const date = endOfHead();
    if (this.#wireDate !== date) {
      this.#head ??= `HTTP/1.1 ${this.status} ${STATUS_CODES[this.status]}${CRLF}${this.fields.map(([name, value]) => `${name}: ${value}${CRLF}`).join('')}`;
      const pieces = [Buffer.from(this.#head + date, 'latin1'), ...this.body];
      this.#wire = this.byteLength <= JOINED_BYTES ? [Buffer.concat(pieces)] : pieces;
      this.#wireDate = date;
    }
    return this.#wire;
  }
}
