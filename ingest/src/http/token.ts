import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const BEARER = 'Bearer ';

/** Whether a request shows the token, as `Authorization: Bearer` (RFC 6750) or as the query's `token`. */
export function showsToken(request: IncomingMessage, query: URLSearchParams, token: string): boolean {
  const { authorization } = request.headers;
  const shown = authorization?.startsWith(BEARER) ? authorization.slice(BEARER.length) : query.get('token');
  // Digests have one length, as the comparison wants.
  return shown !== null && timingSafeEqual(digest(shown), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
