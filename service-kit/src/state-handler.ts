import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StreamRef } from './seams/flv-source.ts';

const PREFIX = '/state/';

/**
 * Answers `GET /state/{namespace}/{name}`; `false` for all other paths.
 * @param stateOf What is known of the pod's own stream; `undefined` of any other.
 */
export function createStateHandler(
  stateOf: (stream: StreamRef) => object | undefined,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(PREFIX)) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      answer(request, response, 405, { message: 'The state can only be read: use GET or HEAD.' });
      return true;
    }
    const [namespace = '', name = '', ...more] = path.slice(PREFIX.length).split('/');
    const state = more.length === 0 ? stateOf({ namespace, name }) : undefined;
    if (state) answer(request, response, 200, state);
    else answer(request, response, 404, { message: 'This pod is of another stream.' });
    return true;
  };
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
