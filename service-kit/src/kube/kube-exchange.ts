import { type ClientRequest, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { KubeConnectionError } from './kube-error.ts';

/**
 * One request and its answer, which can be given up at any moment. Every failure of the way, and not of what was asked, is
 * a KubeConnectionError.
 */
export class KubeExchange {
  /** `GET /api/v1/pods` */
  readonly #what: string;
  readonly #request: ClientRequest;
  readonly #answered = Promise.withResolvers<IncomingMessage>();
  readonly #ended = Promise.withResolvers<void>();
  #reason: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(url: URL, options: RequestOptions, body: string | undefined) {
    this.#what = `${options.method} ${url.pathname}`;
    this.#request = (url.protocol === 'https:' ? secureRequest : plainRequest)(url, options, (response) => {
      // Whoever reads the body hears of it there; nobody may.
      response.on('error', () => undefined);
      this.#answered.resolve(response);
    });
    this.#request.on('error', (error) => this.#answered.reject(this.#failure(error, this.#request.reusedSocket)));
    this.#request.on('close', () => {
      clearTimeout(this.#timer);
      this.#ended.resolve();
    });
    this.#answered.promise.catch(() => undefined);
    this.#request.end(body);
  }

  /** The head of the answer, whatever its status. */
  get response(): Promise<IncomingMessage> {
    return this.#answered.promise;
  }

  /** Resolves when nothing of it is left. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Gives up where nothing else does within so many milliseconds from now. Replaces what was set before. */
  expire(ms: number, sentence: (what: string) => string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.giveUp(new KubeConnectionError(sentence(this.#what))), ms);
  }

  /** Waits as long as it takes from now on. */
  stopExpiring(): void {
    clearTimeout(this.#timer);
  }

  /** Ends it now; whoever waits for it is given the reason. Nothing happens to what has ended. */
  giveUp(reason: Error): void {
    this.#reason ??= reason;
    clearTimeout(this.#timer);
    this.#request.destroy(reason);
  }

  /** The body as it comes; gives up the rest where the reader stops. */
  async *body(): AsyncGenerator<Buffer> {
    const response = await this.response;
    try {
      for await (const chunk of response) yield chunk as Buffer;
    } catch (error) {
      throw this.#failure(error, false);
    } finally {
      response.destroy();
    }
  }

  #failure(error: unknown, wasReused: boolean): Error {
    if (this.#reason) return this.#reason;
    const { code, message } = error as NodeJS.ErrnoException;
    const wasStale = wasReused && (code === 'ECONNRESET' || code === 'EPIPE');
    return new KubeConnectionError(`The Kubernetes API did not answer ${this.#what}: ${message}.`, {
      cause: error,
      wasStale,
    });
  }
}
