import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '@prometheus-io/client';

export interface Ops {
  readonly registry: Registry;
  /** What keeps the process from doing its work, one sentence each; nothing where it is ready. */
  readonly ready: () => readonly string[];
}

/**
 * Answers `/healthz` (the process lives), `/readyz` (200, or 503 with a sentence for each problem) and `/metrics`.
 * False where the request is for somebody else. Plain node:http, so that it can stand before any server.
 */
export function createOpsHandler({ registry, ready }: Ops): (req: IncomingMessage, res: ServerResponse) => boolean {
  return (req, res) => {
    const path = req.url?.split('?', 1)[0];
    if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') return false;
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      answer(req, res, 405, `${path} can only be read: use GET or HEAD.`);
    } else if (path === '/healthz') {
      answer(req, res, 200, 'ok');
    } else if (path === '/readyz') {
      const problems = ready();
      answer(req, res, problems.length === 0 ? 200 : 503, problems.length === 0 ? 'ok' : problems.join('\n'));
    } else {
      registry.metrics().then(
        (text) => answer(req, res, 200, text, registry.contentType),
        () => answer(req, res, 500, 'The metrics could not be collected.'),
      );
    }
    return true;
  };
}

function answer(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  const body = Buffer.from(text.endsWith('\n') ? text : `${text}\n`);
  res.writeHead(status, { 'content-type': type, 'content-length': body.length, 'cache-control': 'no-store' });
  res.end(req.method === 'HEAD' ? undefined : body);
}
