import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@showrunner/service-kit';

/** What nginx asks of us. A client is named by the number of its connection, which no other has while nginx runs. */
export interface CallbackHandler {
  /** May this client publish? Answers under what name nginx is to keep the stream, or `undefined` to hang up. */
  publish(call: PublishCall): Promise<string | undefined>;
  /** A client that published, or was about to, is gone. */
  publishDone(client: string): void;
}

export interface PublishCall {
  readonly client: string;
  readonly key: string;
}

/** The longest fields of nginx-rtmp together, each character escaped. */
const MAX_BODY_BYTES = 16 * 1024;
const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Answers nginx-rtmp's `on_publish` and `on_publish_done` on a Unix socket (wiki: Directives, Notify). A redirect to a name
 * renames the stream: from then on nginx knows the key no more, and two publishers of one show are two streams to it.
 */
export class Callbacks {
  readonly #handler: CallbackHandler;
  readonly #logger: Logger;
  readonly #server: Server;

  constructor(handler: CallbackHandler, logger: Logger) {
    this.#handler = handler;
    this.#logger = logger;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        this.#logger.error({ err: error }, 'a question of nginx could not be answered');
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    this.#server.requestTimeout = REQUEST_TIMEOUT_MS;
    this.#server.headersTimeout = REQUEST_TIMEOUT_MS;
  }

  async listen(socketPath: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(socketPath, () => resolve());
    });
    this.#server.on('error', (error) => this.#logger.error({ err: error }, 'nginx cannot be listened to'));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.sendDate = false;
    const form = await readForm(request);
    // What the publisher put behind its key comes last, and may repeat any name: the first of each is nginx's.
    const field = (name: string): string => form?.get(name) ?? '';
    if (!form || request.method !== 'POST' || field('clientid') === '') response.writeHead(400);
    else if (request.url === '/publish') {
      const call = { client: field('clientid'), key: field('name') };
      const name = await this.#handler.publish(call);
      if (name === undefined) response.writeHead(403);
      else response.writeHead(302, { location: name });
    } else if (request.url === '/publish-done') {
      this.#handler.publishDone(field('clientid'));
      response.writeHead(204);
    } else response.writeHead(404);
    response.end();
  }
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    pieces.push(piece);
  }
  return new URLSearchParams(Buffer.concat(pieces).toString('utf8'));
}
