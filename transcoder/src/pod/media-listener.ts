import type { AddressInfo } from 'node:net';
import type { Logger, Registry } from '@showrunner/service-kit';
import type { Exchange } from '../origin/exchange.ts';
import { MediaServer } from '../origin/media-server.ts';
import type { UnsentLimits } from '../origin/unsent-answers.ts';

export interface MediaListenerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Answers what is below `/hls/`; false for all else. */
  readonly media: (exchange: Exchange) => boolean;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Of what slow readers may keep in memory. */
  readonly unsent?: Partial<UnsentLimits>;
  readonly maxConnections?: number;
}

/** Serves `/hls/` and nothing else on one port. */
export class MediaListener {
  readonly #options: MediaListenerOptions;
  readonly #server: MediaServer;

  constructor(options: MediaListenerOptions) {
    this.#options = options;
    this.#server = new MediaServer({
      media: options.media,
      rest: (_request, response) => {
        response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
        response.end('Media is below /hls/.\n');
      },
      failed: (error) => options.logger.error({ err: error }, 'a request could not be answered'),
      registry: options.registry,
      ...(options.unsent && { unsent: options.unsent }),
      maxConnections: options.maxConnections,
    });
  }

  /** The port that is listened on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Throws a sentence where the port is taken or may not be used. */
  async start(): Promise<void> {
    const { host, port, logger } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        const why = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
        reject(new Error(`Media cannot be served on port ${port} of ${host}: ${why}.`, { cause: error }));
      };
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        this.#server.on('error', (error) => logger.error({ err: error }, 'the listener failed'));
        resolve();
      });
    });
  }

  /** Each connection ends with its next answer from now on; new ones are still taken. */
  drain(): void {
    this.#server.drain();
  }

  /** Takes no more connections, and cuts those off whose answer takes longer than so many milliseconds. */
  async close(graceMs: number): Promise<void> {
    const cutOff = setTimeout(() => this.#server.closeAllConnections(), graceMs);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    clearTimeout(cutOff);
  }
}
