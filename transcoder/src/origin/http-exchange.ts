import type { IncomingMessage, ServerResponse } from 'node:http';
import { STALLED_READER_MS, type Exchange } from './exchange.ts';
import type { Reply } from './reply.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

/** A request that node:http has read and whose answer it writes: any method, any field, any version. */
export class HttpExchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #unsent: Pick<UnsentAnswers, 'add'>;

  /** @param unsent Where answers go that the reader does not take at once. */
  constructor(request: IncomingMessage, response: ServerResponse, unsent: Pick<UnsentAnswers, 'add'>) {
    this.#request = request;
    this.#response = response;
    this.#unsent = unsent;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get url(): string {
    return this.#request.url ?? '';
  }

  get acceptEncoding(): string | undefined {
    return this.#request.headers['accept-encoding'];
  }

  get range(): string | undefined {
    const { range, 'if-range': validator } = this.#request.headers;
    // RFC 9110 sections 14.2 and 13.1.5: for GET alone, and not under a condition, as media here has no validator.
    return this.method === 'GET' && validator === undefined ? range : undefined;
  }

  reply(reply: Reply): void {
    const response = this.#response;
    if (response.destroyed) return;
    response.writeHead(reply.status, [...reply.fields, ...reply.timeFields].flat());
    const pieces = this.method === 'HEAD' ? [] : reply.body;
    response.cork();
    for (const buffer of pieces) response.write(buffer);
    response.end();
    response.setTimeout(STALLED_READER_MS, () => response.destroy());
    const unsentBytes = () => (response.closed ? 0 : response.writableLength);
    if (unsentBytes() > 0) this.#unsent.add({ pieces, unsentBytes, cutOff: () => response.destroy() });
  }

  onGone(listener: () => void): void {
    this.#response.once('close', listener);
  }
}
