import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger, Registry } from '@showrunner/service-kit';
import { MediaServer, type Exchange } from '@showrunner/transcoder';

/** Answers a request, or returns false for it to be offered to the next one. */
export type Responder = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface HttpServerOptions {
  readonly media: (exchange: Exchange) => boolean;
  /** Asked one after the other for what is no media. */
  readonly responders: readonly Responder[];
  /** Answers what nobody else does. */
  readonly rest: RequestListener;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** One server for all: media first, since its requests are many. */
export function createHttpServer({ media, responders, rest, logger, registry }: HttpServerOptions): MediaServer {
  return new MediaServer({
    media,
    rest: (request, response) => {
      for (const respond of responders) if (respond(request, response)) return;
      rest(request, response);
    },
    // One request must not end everybody's shows. Its URL may hold a token, so it is not logged.
    failed: (error) => logger.error({ err: error }, 'a request could not be answered'),
    registry,
  });
}
