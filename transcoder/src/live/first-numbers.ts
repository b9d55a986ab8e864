/** Where the counting of a show begins. */
export interface FirstNumbers {
  /** Media sequence number of its first segment. */
  readonly msn: number;
  readonly discontinuitySequence: number;
}

/** The last numbers that a process gave to a stream, and of which show: when that went on air. */
export interface LastNumbers extends FirstNumbers {
  readonly onAirSince: number | undefined;
}

/**
 * Grows by the clock from show to show, faster than any show makes segments: they last a second at least, though a show that
 * is replayed what came before it has five of them at once.
 */
const SEGMENTS_PER_MS = 8 / 1000;
/** They are counted from here on: some players keep them in 31 bits, which last until 2034. */
const SINCE_MS = Date.UTC(2026, 0, 1);
/**
 * Grows within a show, where no publisher comes back sooner for long. Not from show to show: hls.js keeps an array with an index for each
 * number up to the present one, and goes through all of it at each playlist.
 */
const DISCONTINUITIES_PER_MS = 1 / 1000;

/**
 * Numbers that are higher than all that were given before, by this process or by any other whose clock is right: RFC 8216bis
 * wants neither to go back (sections 6.2.1 and 6.2.2). Those of discontinuities begin anew with each show, whose former playlist has ended.
 * @param nowMs Milliseconds since the epoch.
 * @param onAirSince When the show went on air, likewise; undefined where it begins now.
 * @param last The last ones that this process gave to the stream.
 */
export function firstNumbers(nowMs: number, onAirSince: number | undefined, last?: LastNumbers): FirstNumbers {
  const ofShow = last && last.onAirSince === onAirSince ? last.discontinuitySequence + 1 : 0;
  return {
    msn: Math.max(Math.floor((nowMs - SINCE_MS) * SEGMENTS_PER_MS), (last?.msn ?? 0) + 1),
    discontinuitySequence: Math.max(Math.floor((nowMs - (onAirSince ?? nowMs)) * DISCONTINUITIES_PER_MS), ofShow),
  };
}
