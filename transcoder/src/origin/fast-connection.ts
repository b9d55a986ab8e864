import type { Socket } from 'node:net';
import { unpooled } from '@showrunner/service-kit';
import type { Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';
import { parseRequestHead, type RequestHead } from './request-head.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

export interface FastConnectionOptions {
  /** Answers a request for media, now or later; false where it is for node:http. It does not throw. */
  readonly media: (exchange: Exchange) => boolean;
  /** All of an answer was taken, by the reader or by the system. */
  readonly answered: () => void;
  /** Lets node:http listen to the socket. */
  readonly attachHttp: (socket: Socket) => void;
  /** Milliseconds in which the first request must come. */
  readonly firstRequestMs: number;
  /** Milliseconds between two requests. */
  readonly idleMs: number;
  /** Milliseconds in which a reader must take something of an answer. */
  readonly stalledMs: number;
  /** Where answers go that the reader does not take at once. */
  readonly unsent: Pick<UnsentAnswers, 'add'>;
}

/** More than any player sends. */
const MAX_HEAD_BYTES = 4096;

type DataListener = (chunk: Buffer) => void;

/**
 * One connection of a viewer. A plain request for media is answered here, with bytes that are ready: node:http would cost
 * as much as all the rest together. Whatever else comes is given to node:http on the same socket: a plain request just
 * for its own duration, anything more for good.
 */
export class FastConnection implements Exchange {
  readonly method = 'GET';
  readonly #socket: Socket;
  readonly #options: FastConnectionOptions;
  readonly #onData = (chunk: Buffer): void => this.#read(chunk);
  readonly #onEnd = (): void => void this.#socket.end();
  readonly #onTimeout = (): void => void this.#socket.destroy();
  /** Node's own reader of this socket, once there was something for it. */
  #http: DataListener | undefined;
  #state: 'idle' | 'answering' | 'lent' | 'left' = 'idle';
  #head: RequestHead | undefined;
  /** What came while an answer was still awaited: no more than a head may have. */
  #held: Buffer | undefined;
  #gone: (() => void) | undefined;
  #isLast = false;
  #endsWhenIdle = false;
  #quietMs = 0;

  constructor(socket: Socket, options: FastConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#allow(options.firstRequestMs);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('timeout', this.#onTimeout);
    // What follows an error is 'close'.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#closed());
  }

  /** Ends the connection as soon as nothing has to be answered on it; one that was left to node:http is ended there. */
  endWhenIdle(): void {
    this.#isLast = true;
    this.#endsWhenIdle = true;
    if (this.#state === 'idle') this.#socket.destroySoon();
  }

  /** An answer is awaited or on its way. Of a connection that was left to node:http that is its own to know. */
  get isAnswering(): boolean {
    return this.#state === 'answering' || (this.#state !== 'left' && this.#socket.writableLength > 0);
  }

  /** The next answer, or the one that is awaited, is the last one on this connection, and says so. */
  answerLast(): void {
    this.#isLast = true;
  }

  get url(): string {
    return this.#head?.url ?? '';
  }

  get acceptEncoding(): string | undefined {
    return this.#head?.fields.acceptEncoding;
  }

  get range(): undefined {
    return undefined;
  }

  reply(reply: Reply): void {
    const socket = this.#socket;
    this.#gone = undefined;
    this.#state = 'idle';
    if (!socket.writable) return;
    const wire = this.#isLast ? reply.lastWire : reply.wire;
    const last = wire.length - 1;
    if (last > 0) socket.cork();
    for (let at = 0; at < last; at += 1) socket.write(wire[at]!);
    socket.write(wire[last]!, this.#options.answered);
    if (last > 0) socket.uncork();
    if (socket.writableLength > 0) this.#isSlow(wire);
    if (this.#isLast) socket.end();
    else if (this.#held) process.nextTick(() => this.#goOn());
  }

  #isSlow(pieces: readonly Buffer[]): void {
    const socket = this.#socket;
    this.#allow(this.#options.stalledMs);
    const unsentBytes = () => (socket.destroyed ? 0 : socket.writableLength);
    this.#options.unsent.add({ pieces, unsentBytes, cutOff: () => socket.destroy() });
  }

  onGone(listener: () => void): void {
    this.#gone = listener;
  }

  /** node:http has answered the request that it was given. */
  httpAnswered(): void {
    if (this.#state !== 'lent') return;
    this.#state = 'idle';
    if (this.#endsWhenIdle) this.#socket.destroySoon();
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'answering') {
      this.#hold(chunk);
      return;
    }
    const head =
      this.#state === 'idle' && chunk.length <= MAX_HEAD_BYTES ? parseRequestHead(chunk, this.#head) : undefined;
    if (!head) return this.#leaveToHttp(chunk);
    this.#head = head;
    this.#allow(this.#options.idleMs);
    // A reader who asks on without having taken what he got waits as node:http lets him.
    if (!head.fields.needsHttp && this.#socket.writableLength === 0) {
      this.#state = 'answering';
      if (this.#options.media(this)) return;
    }
    this.#lendToHttp(chunk);
  }

  /** The socket is read on: it would keep far more than this before it notices that nobody reads it. */
  #hold(chunk: Buffer): void {
    const held = this.#held ? unpooled(this.#held, chunk) : chunk;
    if (held.length > MAX_HEAD_BYTES) this.#socket.destroy();
    else this.#held = held;
  }

  /** How long nothing may happen on the socket; while node:http has it, that is its own to say. */
  #allow(ms: number): void {
    if (this.#quietMs === ms) return;
    this.#quietMs = ms;
    this.#socket.setTimeout(ms);
  }

  #goOn(): void {
    const chunk = this.#held;
    this.#held = undefined;
    if (!chunk || this.#socket.destroyed) return;
    this.#read(chunk);
  }

  /** For one request: what comes after its answer is read here again. */
  #lendToHttp(chunk: Buffer): void {
    this.#state = 'lent';
    this.#http ??= this.#attachHttp();
    this.#http.call(this.#socket, chunk);
  }

  #attachHttp(): DataListener {
    const socket = this.#socket;
    this.#detach();
    this.#options.attachHttp(socket);
    const http = socket.listeners('data').at(-1) as DataListener;
    socket.off('data', http);
    socket.on('data', this.#onData);
    return http;
  }

  #leaveToHttp(chunk: Buffer): void {
    const socket = this.#socket;
    this.#state = 'left';
    this.#head = undefined;
    if (this.#http) {
      socket.off('data', this.#onData);
      socket.on('data', this.#http);
      this.#http.call(socket, chunk);
      return;
    }
    this.#detach();
    this.#options.attachHttp(socket);
    socket.emit('data', chunk);
  }

  #detach(): void {
    const socket = this.#socket;
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('timeout', this.#onTimeout);
    socket.setTimeout(0);
  }

  #closed(): void {
    this.#gone?.();
    this.#gone = undefined;
    this.#held = undefined;
  }
}
