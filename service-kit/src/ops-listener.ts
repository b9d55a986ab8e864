import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpListener } from './http-listener.ts';
import type { Logger } from './logger.ts';
import { createOpsHandler, type Ops } from './ops-handler.ts';

export interface OpsListenerOptions extends Ops {
  readonly config: { readonly host: string; readonly opsPort: number };
  readonly logger: Logger;
  /** What else is answered there; false where a request is not for it. */
  readonly more?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** The port on which a pod answers probes and is measured; 404 for all else. */
export function createOpsListener({ config, logger, registry, ready, more }: OpsListenerOptions): HttpListener {
  const ops = createOpsHandler({ registry, ready });
  return new HttpListener({
    name: 'Operations',
    host: config.host,
    port: config.opsPort,
    logger,
    handle: (request, response) => {
      if (ops(request, response) || more?.(request, response)) return;
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('There is nothing here.\n');
    },
  });
}
