const NOT_KEPT = /(?:^|[\s,])(?:no-store|no-cache|private)(?:$|[\s,=])/i;
const SHARED_MAX_AGE = /(?:^|[\s,])s-maxage\s*=\s*"?(\d{1,9})/i;
const MAX_AGE = /(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})/i;

/**
 * Milliseconds for which an answer may be given again: what its Cache-Control says to a shared cache (RFC 9111 section 5.2.2),
 * 0 where it says nothing.
 */
export function lifetimeMs(cacheControl: string | undefined): number {
  if (cacheControl === undefined || NOT_KEPT.test(cacheControl)) return 0;
  const seconds = (SHARED_MAX_AGE.exec(cacheControl) ?? MAX_AGE.exec(cacheControl))?.[1];
  return seconds === undefined ? 0 : Number(seconds) * 1000;
}
