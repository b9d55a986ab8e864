import type { Reply } from './reply.ts';

/** A request for media and the way to answer it, whichever path it came by. */
export interface Exchange {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  /** The field Accept-Encoding. */
  readonly acceptEncoding: string | undefined;
  /** The field Range. */
  readonly range: string | undefined;
  /** Answers. Nothing happens where the client is gone; a second answer is not allowed. */
  reply(reply: Reply): void;
  /** Calls back when the client goes before it was answered. */
  onGone(listener: () => void): void;
}

/** Who takes nothing of an answer for this long, in milliseconds, keeps its media in memory for nothing. */
export const STALLED_READER_MS = 15_000;

const GZIP = /(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=([0-9.]+)\s*)?(?:,|$)/i;

/** Whether gzip is among what the client accepts (RFC 9110 section 12.5.3). */
export function acceptsGzip({ acceptEncoding }: Exchange): boolean {
  const match = acceptEncoding === undefined ? null : GZIP.exec(acceptEncoding);
  return match !== null && (match[1] === undefined || Number(match[1]) > 0);
}
