import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { unpooled } from './unpooled.ts';

const KIB = 1024;
/** Of a request: twice what any player sends. */
const MOST_HEAD_BYTES = 8 * KIB;
/** Short ones take many times their bytes; far more than browsers and proxies send. */
const MOST_HEADER_FIELDS = 100;
/** What may come on a connection while an answer is awaited on it, or not taken yet. */
const MOST_HELD_BYTES = 8 * KIB;
/**
 * A connection of such a server that means as much harm as it can, in bytes: a request waits on it whose head is as long and as full as may
 * be, and as much as may be is held. As measured with 3,000 of them, 49 kB of Node's memory where that keeps its new space small, and 4 kB of
 * the kernel's. Honest ones take 6 to 18 kB. An answer that its reader does not take is not in it, be it with us or with the kernel.
 */
export const MOST_CONNECTION_BYTES = 52 * KIB;
const NOTHING = Buffer.alloc(0);
const END_OF_HEAD = '\r\n\r\n';

type DataListener = (chunk: Buffer) => void;

const readers = new WeakMap<Socket, PacedReader>();

/** Also answers what is no request to anybody else, such as one without a Host or one that expects what there is not. */
class PacedResponse extends ServerResponse {
  constructor(...[request, ...rest]: ConstructorParameters<typeof ServerResponse<IncomingMessage>>) {
    super(request, ...rest);
    if (bringsContent(request)) {
      discardContent(request);
      this.setHeader('Connection', 'close');
    }
    readers.get(request.socket)?.asked(request, this);
  }

  /** Who asks before he sends content gets the answer instead, which needs none (RFC 9110 section 10.1.1). */
  override writeContinue(): void {}
}

function bringsContent({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/** From here on nobody waits for what does not come. */
function discardContent(request: IncomingMessage): void {
  for (const name of ['transfer-encoding', 'content-length', 'content-type'])
    Reflect.deleteProperty(request.headers, name);
  request.resume();
}

/**
 * Options of a server whose requests are bounded, and which reads one of a connection at a time, and the next when the answer was taken;
 * `boundRequests` belongs to them. node:http makes objects of all requests that it is given at once: 64 KiB of short ones take 4 MB, for as
 * long as their answers are not read. Such a server has no use for content: it is not kept, and its connection ends with the answer. What
 * nobody reads is kept otherwise, 5 MB of 64 KiB where they come in chunks of a byte each.
 */
export const BOUNDED_REQUESTS = {
  maxHeaderSize: MOST_HEAD_BYTES,
  ServerResponse: PacedResponse as typeof ServerResponse,
};

/** Has node:http given no more than it is to answer next. To be called before anybody else listens to connections of the server. */
export function boundRequests(server: Server): void {
  server.maxHeadersCount = MOST_HEADER_FIELDS;
  server.on('connection', (socket: Socket) => void readers.set(socket, new PacedReader(socket)));
}

/** Stands between a socket and node:http, which has just begun to listen to it. */
class PacedReader {
  readonly #socket: Socket & { parser?: unknown };
  readonly #http: DataListener;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onResume = (): void => this.#give();
  /** The request that is not answered yet. */
  #request: IncomingMessage | undefined;
  #held: Buffer = NOTHING;
  /** The last bytes that were given, with which the end of a head may have begun. */
  #before = '';

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#http = socket.listeners('data').at(-1) as DataListener;
    socket.off('data', this.#http);
    socket.on('data', this.#onData);
    socket.on('resume', this.#onResume);
  }

  asked(request: IncomingMessage, response: ServerResponse): void {
    // Two at once are given only where the first had content, which nobody sends who does not wait for the answer.
    if (this.#request) return void this.#socket.destroy();
    this.#request = request;
    response.once('close', () => {
      this.#request = undefined;
      this.#give();
    });
  }

  #read(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#give();
    if (this.#held.length > MOST_HELD_BYTES) this.#socket.destroy();
    // By itself, and not with the rest of what was read at once.
    else this.#held = this.#held.length === 0 ? NOTHING : unpooled(this.#held);
  }

  #give(): void {
    const socket = this.#socket;
    while (this.#held.length > 0 && !socket.destroyed && !socket.isPaused() && !this.#request?.complete) {
      const slice = this.#held.subarray(0, this.#endOfSlice());
      this.#held = this.#held.subarray(slice.length);
      this.#http.call(socket, slice);
      if (!socket.parser) return this.#leaveToOthers();
    }
  }

  /** Up to where a head may end; behind that is another request, or content of this one. */
  #endOfSlice(): number {
    const held = this.#held;
    const most = END_OF_HEAD.length - 1;
    const begun = (this.#before + held.toString('latin1', 0, most)).indexOf(END_OF_HEAD);
    const at = begun < 0 ? held.indexOf(END_OF_HEAD) : begun - this.#before.length;
    if (begun >= 0 || at >= 0) {
      this.#before = '';
      return at + END_OF_HEAD.length;
    }
    this.#before = (this.#before + held.toString('latin1', Math.max(0, held.length - most))).slice(-most);
    return held.length;
  }

  /** Another protocol has the socket from here on, whose client says nothing before it is told so. */
  #leaveToOthers(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('resume', this.#onResume);
    if (this.#held.length > MOST_HELD_BYTES) this.#socket.destroy();
    else if (this.#held.length > 0) this.#socket.unshift(this.#held);
    this.#held = NOTHING;
  }
}
