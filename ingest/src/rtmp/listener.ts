import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Logger } from '@showrunner/service-kit';
import { listenError } from './listen-error.ts';

export interface ListenerOptions {
  /** RTMP or RTMPS, for sentences. */
  readonly protocol: 'RTMP' | 'RTMPS';
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
  /** Takes a connection of which nothing has been read yet. */
  readonly accept: (socket: Socket) => void;
}

/** Listens on one port. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  #closed: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, options.accept);
  }

  /** The port that is listened on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Throws a sentence where the port is taken or may not be used. */
  async start(): Promise<void> {
    const { protocol, host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => reject(listenError(error, host, port, protocol));
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        this.#server.on('error', (error) => logger.error({ err: error }, `${protocol} listener failed`));
        resolve();
      });
    });
  }

  /** Takes no more connections; resolves when those that it took are gone. */
  async close(): Promise<void> {
    this.#closed ??= new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#closed;
  }
}
