import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger, StreamRef } from '@showrunner/service-kit';
import type { TokenFile } from '../token-file.ts';

export interface KnockOptions {
  readonly token: TokenFile;
  /** `unknown`: there is no such stream. */
  readonly knock: (stream: StreamRef) => 'taken' | 'unknown' | 'not the leader';
  readonly logger: Logger;
}

const BEARER = 'Bearer ';

/**
 * Where the front door tells that a publisher waits: `POST /knock/{namespace}/{name}` with its token. 202 from the leader, 404
 * for a stream that it does not know, 503 from the others.
 */
export function createKnockHandler(options: KnockOptions): RequestListener {
  return (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logger.error({ err: error }, 'a knock could not be checked');
      reply(response, 500, 'The knock could not be checked.');
    });
  };
}

async function answer(
  { token, knock }: KnockOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const stream = streamIn(request.url ?? '');
  if (!stream) return reply(response, 404, 'There is only /knock/{namespace}/{name} here.');
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return reply(response, 405, 'Knock with POST.');
  }
  const { authorization = '' } = request.headers;
  const presented = authorization.startsWith(BEARER) ? authorization.slice(BEARER.length) : '';
  if (!(await token.matches(presented))) {
    response.setHeader('www-authenticate', 'Bearer');
    return reply(response, 401, 'The knock token is missing or wrong.');
  }
  switch (knock(stream)) {
    case 'taken':
      return reply(response, 202, 'The stream is looked at.');
    case 'unknown':
      return reply(response, 404, 'There is no such LiveStream.');
    case 'not the leader':
      return reply(response, 503, 'Another operator leads.');
  }
}

function streamIn(url: string): StreamRef | undefined {
  const [path = ''] = url.split('?', 1);
  const [empty, verb, namespace, name, ...rest] = path.split('/');
  if (empty !== '' || verb !== 'knock' || !namespace || !name || rest.length > 0) return undefined;
  return { namespace, name };
}

function reply(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  const body = Buffer.from(`${text}\n`);
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': body.length }).end(body);
}
