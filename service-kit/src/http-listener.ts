import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boundConnections } from './bound-connections.ts';
import { BOUNDED_REQUESTS, boundRequests } from './bound-requests.ts';
import type { Logger } from './logger.ts';

export interface HttpListenerOptions {
  /** What it is for, in sentences: `Operations`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly handle: RequestListener;
  readonly logger: Logger;
  /** Within which a request must have come whole, milliseconds; five minutes where it is not said. */
  readonly requestMs?: number;
  /** Where there are as many, the one that is idle longest makes room; any number where it is not said. */
  readonly maxConnections?: number;
}

/** How long requests may take to end when it closes. */
const FAREWELL_MS = 1_000;

/** A plain HTTP server on one port. What `handle` throws is answered with 500 and ends nothing else. */
export class HttpListener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    const { requestMs, maxConnections } = options;
    const limits = requestMs === undefined ? {} : { requestTimeout: requestMs, headersTimeout: requestMs };
    this.#server = createServer({ ...BOUNDED_REQUESTS, ...limits }, (request, response) => {
      try {
        options.handle(request, response);
      } catch (error) {
        // A URL may hold a token, so it is not logged.
        options.logger.error({ err: error }, 'a request could not be answered');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      }
    });
    boundRequests(this.#server);
    if (maxConnections !== undefined) boundConnections(this.#server, maxConnections);
  }

  /** The port that is listened on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Throws a sentence where the port is taken or may not be used. */
  async start(): Promise<void> {
    const { name, host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        const why = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
        reject(new Error(`${name} cannot listen on port ${port} of ${host}: ${why}.`, { cause: error }));
      };
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        this.#server.on('error', (error) => logger.error({ err: error }, `${name}: the listener failed`));
        resolve();
      });
    });
  }

  /** Takes no more requests, lets those that run end, and cuts off what takes longer than a second. */
  async close(): Promise<void> {
    this.#closing ??= new Promise<void>((resolve) => {
      const cutOff = setTimeout(() => this.#server.closeAllConnections(), FAREWELL_MS);
      this.#server.close(() => {
        clearTimeout(cutOff);
        resolve();
      });
      this.#server.closeIdleConnections();
    });
    await this.#closing;
  }
}
