import { KubeConnectionError, KubeError } from './kube-error.ts';

const MAX_ATTEMPTS = 5;
const MAX_WAIT_MS = 10_000;
const FALLBACK_WAIT_MS = 1_000;

/**
 * How long to wait before a request is sent once more, in milliseconds; undefined where its failure stands.
 * - 429, and errors of the server that name a time, were not carried out (API conventions, `Retry-After`);
 * - reading over a connection that the server closed meanwhile may be done twice (as net/http of Go does);
 * - 401 is asked once with credentials that were read anew.
 */
export function retryDelayMs(
  error: unknown,
  { method, attempt, random }: { method: string; attempt: number; random: number },
): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  if (error instanceof KubeConnectionError) return error.wasStale && method === 'GET' && attempt === 1 ? 0 : undefined;
  if (!(error instanceof KubeError)) return undefined;
  if (error.code === 401) return attempt === 1 ? 0 : undefined;
  if (error.code !== 429 && !(error.code >= 500 && error.retryAfterMs !== undefined)) return undefined;
  // Later rather than earlier than told, and not all at once.
  return Math.min(error.retryAfterMs ?? FALLBACK_WAIT_MS, MAX_WAIT_MS) * (1 + random / 2);
}
