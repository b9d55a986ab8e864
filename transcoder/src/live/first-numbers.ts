/** Where the counting of a show begins. */
export interface FirstNumbers {
  /** Media sequence number of its first segment. */
  readonly msn: number;
  readonly discontinuitySequence: number;
}

/** Both grow by this many per second from show to show: no show makes segments faster, nor breaks between segments. */
const NUMBERS_PER_MS = 1 / 500;
/**
 * Discontinuities are counted from here on, since there are players that keep them in 31 bits (Media3 does), which so last
 * until 2060.
 */
const DISCONTINUITIES_SINCE_MS = Date.UTC(2026, 0, 1);

/**
 * Numbers that are higher than all that were given before, by this process or by any other whose clock is right: RFC 8216bis
 * wants neither to go back (sections 6.2.1 and 6.2.2).
 * @param nowMs Milliseconds since the epoch.
 * @param last The last ones that this process gave to the stream.
 */
export function firstNumbers(nowMs: number, last: FirstNumbers | undefined): FirstNumbers {
  const discontinuities = Math.floor((nowMs - DISCONTINUITIES_SINCE_MS) * NUMBERS_PER_MS);
  return {
    msn: Math.max(Math.floor(nowMs * NUMBERS_PER_MS), (last?.msn ?? 0) + 1),
    discontinuitySequence: Math.max(discontinuities, (last?.discontinuitySequence ?? -1) + 1),
  };
}
