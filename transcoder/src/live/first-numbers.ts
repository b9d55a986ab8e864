/** Where the counting of a show begins. */
export interface FirstNumbers {
  /** Media sequence number of its first segment. */
  readonly msn: number;
  readonly discontinuitySequence: number;
}

/**
 * Both grow by the clock from show to show, faster than any show makes them: segments last a second at least, though a show that
 * is replayed what came before it has five of them at once; breaks are between segments that were not.
 */
const SEGMENTS_PER_MS = 8 / 1000;
const DISCONTINUITIES_PER_MS = 2 / 1000;
/** They are counted from here on: some players keep them in 31 bits (Media3 does the latter), which last until 2034 and 2060. */
const SINCE_MS = Date.UTC(2026, 0, 1);

/**
 * Numbers that are higher than all that were given before, by this process or by any other whose clock is right: RFC 8216bis
 * wants neither to go back (sections 6.2.1 and 6.2.2).
 * @param nowMs Milliseconds since the epoch.
 * @param last The last ones that this process gave to the stream.
 */
export function firstNumbers(nowMs: number, last: FirstNumbers | undefined): FirstNumbers {
  const sinceMs = nowMs - SINCE_MS;
  return {
    msn: Math.max(Math.floor(sinceMs * SEGMENTS_PER_MS), (last?.msn ?? 0) + 1),
    discontinuitySequence: Math.max(
      Math.floor(sinceMs * DISCONTINUITIES_PER_MS),
      (last?.discontinuitySequence ?? -1) + 1,
    ),
  };
}
