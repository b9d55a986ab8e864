import { Server, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  BOUNDED_REQUESTS,
  boundConnections,
  boundRequests,
  Counter,
  type BoundedConnections,
  type Registry,
} from '@showrunner/service-kit';
import { STALLED_READER_MS, type Exchange } from './exchange.ts';
import { FastConnection } from './fast-connection.ts';
import { HttpExchange } from './http-exchange.ts';
import { UnsentAnswers, type UnsentLimits } from './unsent-answers.ts';

export interface MediaServerOptions {
  /** Answers a request for media, now or later; false leaves it to `rest`. */
  readonly media: (exchange: Exchange) => boolean;
  /** Answers all other requests. */
  readonly rest: RequestListener;
  /** A request could not be answered because of a fault of ours; its connection is closed or gets a 500. */
  readonly failed: (error: unknown) => void;
  readonly registry: Registry;
  /** Of what slow readers may keep in memory. */
  readonly unsent?: Partial<UnsentLimits>;
  /** Where there are as many, the one that is idle longest makes room; any number where it is not said. */
  readonly maxConnections?: number | undefined;
}

const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;

/** A server of node:http, in which plain requests for media take a shorter way. Requests bring no content. */
export class MediaServer extends Server {
  readonly #options: MediaServerOptions;
  readonly #connections = new Map<Socket, FastConnection>();
  readonly #unsent: UnsentAnswers;
  readonly #bound: BoundedConnections | undefined;
  #draining = false;

  constructor(options: MediaServerOptions) {
    super({
      ...BOUNDED_REQUESTS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    });
    this.#options = options;
    this.#unsent = new UnsentAnswers(options.registry, options.unsent);
    boundRequests(this);
    const http = this.listeners('connection') as ((socket: Socket) => void)[];
    this.removeAllListeners('connection');
    this.on('connection', (socket: Socket) =>
      this.#accept(socket, () => http.forEach((listen) => listen.call(this, socket))),
    );
    this.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
    this.#bound = this.#boundConnections();
  }

  /** From now on each connection ends with its next answer, which says so: clients go elsewhere, and nobody goes unanswered. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections.values()) connection.answerLast();
  }

  override closeIdleConnections(): void {
    // node:http sees nothing of what is answered the short way, and would take these for idle.
    const busy = [...this.#connections].filter(([, { isAnswering }]) => isAnswering).map(([socket]) => socket);
    for (const socket of busy) socket.destroy = () => socket;
    super.closeIdleConnections();
    for (const socket of busy) Reflect.deleteProperty(socket, 'destroy');
    for (const connection of this.#connections.values()) connection.endWhenIdle();
  }

  override closeAllConnections(): void {
    super.closeAllConnections();
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #boundConnections(): BoundedConnections | undefined {
    const { registry, maxConnections } = this.#options;
    if (maxConnections === undefined) return undefined;
    const refused = new Counter({
      name: 'showrunner_media_connections_refused_total',
      help: 'Connections of viewers that were closed at once, since there were as many as may be and none of them idle.',
      registers: [registry],
    });
    return boundConnections(this, maxConnections, () => refused.inc());
  }

  #accept(socket: Socket, attachHttp: () => void): void {
    if (socket.destroyed) return;
    const connection = new FastConnection(socket, {
      media: (exchange) => {
        this.#bound?.asked(socket);
        try {
          const isAnswered = this.#options.media(exchange);
          if (!isAnswered) this.#bound?.answered(socket);
          return isAnswered;
        } catch (error) {
          this.#options.failed(error);
          socket.destroy();
          return true;
        }
      },
      answered: () => this.#bound?.answered(socket),
      attachHttp,
      firstRequestMs: REQUEST_TIMEOUT_MS,
      idleMs: KEEP_ALIVE_MS,
      stalledMs: STALLED_READER_MS,
      unsent: this.#unsent,
    });
    if (this.#draining) connection.answerLast();
    this.#connections.set(socket, connection);
    socket.once('close', () => this.#connections.delete(socket));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.socket.destroyed) return;
    const connection = this.#connections.get(request.socket);
    response.once('close', () => connection?.httpAnswered());
    if (this.#draining) response.shouldKeepAlive = false;
    try {
      if (!this.#options.media(new HttpExchange(request, response, this.#unsent)))
        this.#options.rest(request, response);
    } catch (error) {
      this.#options.failed(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Something went wrong here.\n');
    }
  }
}
