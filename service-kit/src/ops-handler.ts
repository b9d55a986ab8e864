import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from '@prometheus-io/client';

export interface Ops {
  readonly registry: Registry;
  /** What keeps the process from doing its work, one sentence each; nothing where it is ready. */
  readonly ready: () => readonly string[];
}

/** The longest that `waitMs` may ask for. */
const LONGEST_WAIT_MS = 10_000;
const LOOK_MS = 20;

/**
 * Answers `/healthz` (the process lives), `/readyz` (200, or 503 with a sentence for each problem) and `/metrics`.
 * `/readyz?waitMs=2000` is answered when a process that starts is ready, or so many ms later: probes come once a second at best, and
 * who waits for the pod would wait for the next one. A process that was ready before says at once that it is not.
 * False where the request is for somebody else. Plain node:http, so that it can stand before any server.
 */
export function createOpsHandler({ registry, ready }: Ops): (req: IncomingMessage, res: ServerResponse) => boolean {
  let wasReady = false;
  const problemsNow = (): readonly string[] => {
    const problems = ready();
    wasReady ||= problems.length === 0;
    return problems;
  };

  return (req, res) => {
    const [path, query] = req.url?.split('?', 2) ?? [];
    if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') return false;
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      answer(req, res, 405, `${path} can only be read: use GET or HEAD.`);
    } else if (path === '/healthz') {
      answer(req, res, 200, 'ok');
    } else if (path === '/readyz') {
      const answerWith = (problems: readonly string[]): void =>
        answer(req, res, problems.length === 0 ? 200 : 503, problems.length === 0 ? 'ok' : problems.join('\n'));
      const problems = problemsNow();
      const waitMs = Math.min(Number(new URLSearchParams(query).get('waitMs')) || 0, LONGEST_WAIT_MS);
      if (wasReady || waitMs <= 0) answerWith(problems);
      else whenReady(res, waitMs, problemsNow, answerWith);
    } else {
      registry.metrics().then(
        (text) => answer(req, res, 200, text, registry.contentType),
        () => answer(req, res, 500, 'The metrics could not be collected.'),
      );
    }
    return true;
  };
}

/** Looks until there are no problems, the time is over, or nobody waits for the answer any more. */
function whenReady(
  res: ServerResponse,
  waitMs: number,
  problemsNow: () => readonly string[],
  answerWith: (problems: readonly string[]) => void,
): void {
  const until = performance.now() + waitMs;
  const look = setInterval(() => {
    const problems = problemsNow();
    if (problems.length > 0 && performance.now() < until) return;
    clearInterval(look);
    answerWith(problems);
  }, LOOK_MS);
  res.once('close', () => clearInterval(look));
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
