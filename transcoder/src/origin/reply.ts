import { STATUS_CODES } from 'node:http';
import { joinBuffers } from './join-buffers.ts';

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

/** When an answer was made elsewhere, for one that is kept for a while. */
export interface ReplyOrigin {
  /** The field Date that came with it. */
  readonly date: string;
  /** Whole seconds since then. */
  readonly age: () => number;
}

/** An answer that can be given many times: to each viewer the same bytes. */
export class Reply {
  readonly status: number;
  readonly fields: readonly Field[];
  readonly byteLength: number;
  readonly #body: () => readonly Buffer[];
  readonly #origin: ReplyOrigin | undefined;
  #head: string | undefined;
  #wire: readonly Buffer[] = [];
  #wireEnd: string | undefined;

  /**
   * @param body The body's pieces, of `byteLength` together; called when it is first sent.
   * @param origin Where it is not made here: it keeps its Date, and says its Age (RFC 9111 section 5.1).
   */
  constructor(
    status: number,
    fields: readonly Field[],
    byteLength: number,
    body: () => readonly Buffer[],
    origin?: ReplyOrigin,
  ) {
    this.status = status;
    this.fields = status === 204 ? fields : [...fields, ['Content-Length', String(byteLength)]];
    this.byteLength = byteLength;
    this.#body = body;
    this.#origin = origin;
  }

  /** Most that it keeps in memory: where head and body are written together, the body is there twice. */
  get heldBytes(): number {
    return this.byteLength <= JOINED_BYTES ? 2 * this.byteLength : this.byteLength;
  }

  get body(): readonly Buffer[] {
    return this.#body();
  }

  /** Date and Age of an answer that was not made here; without them the Date is that of now. */
  get timeFields(): readonly Field[] {
    if (!this.#origin) return [];
    const age = this.#origin.age();
    return [['Date', this.#origin.date], ...(age > 0 ? ([['Age', String(age)]] as const) : [])];
  }

  /** Head and body as HTTP/1.1 sends them on a connection that stays open; the same buffers for a second. */
  get wire(): readonly Buffer[] {
    const end = this.#end();
    if (this.#wireEnd !== end) {
      const pieces = [Buffer.from(this.#start + end, 'latin1'), ...this.body];
      this.#wire = this.byteLength <= JOINED_BYTES ? [joinBuffers(pieces)] : pieces;
      this.#wireEnd = end;
    }
    return this.#wire;
  }

  /** The same for a connection that ends with it. */
  get lastWire(): readonly Buffer[] {
    return [Buffer.from(`${this.#start}Connection: close${CRLF}${this.#end()}`, 'latin1'), ...this.body];
  }

  get #start(): string {
    this.#head ??= `HTTP/1.1 ${this.status} ${STATUS_CODES[this.status]}${CRLF}${linesOf(this.fields)}`;
    return this.#head;
  }

  #end(): string {
    return this.#origin ? linesOf(this.timeFields) + CRLF : endOfHead();
  }
}

function linesOf(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${name}: ${value}${CRLF}`).join('');
}
