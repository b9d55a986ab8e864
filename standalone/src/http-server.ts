import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Logger } from '@showrunner/service-kit';

/** Answers a request, or returns false for it to be offered to the next one. */
export type Responder = (request: IncomingMessage, response: ServerResponse) => boolean;

const REQUEST_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 65_000;
const MAX_HEADER_BYTES = 16 * 1024;

/** One server for all: media first, since its requests are many, and `rest` for what nobody else answers. */
export function createHttpServer(responders: readonly Responder[], rest: RequestListener, logger: Logger): Server {
  return createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      try {
        for (const respond of responders) if (respond(request, response)) return;
        rest(request, response);
      } catch (error) {
        // One request must not end everybody's shows. Its URL may hold a token, so it is not logged.
        logger.error({ err: error }, 'a request could not be answered');
        if (response.headersSent) response.destroy();
        else
          response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Something went wrong here.\n');
      }
    },
  );
}
