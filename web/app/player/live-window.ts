/** The part of a live show that can be seeked, in media seconds. It moves on with the show. */
export interface LiveWindow {
  readonly start: number;
  /** Where a picture that is live would be now. */
  readonly live: number;
  /** Where the picture is. */
  readonly at: number;
}

/** Nearer to live than this, in seconds, a viewer means live. */
const MEANS_LIVE = 1.5;
/** Sums of durations and times in the buffer differ by less than this, in seconds. */
const TOLERANCE = 0.5;

export function secondsBehind({ live, at }: LiveWindow): number {
  return Math.max(0, live - at);
}

export function isNearLive(window: LiveWindow): boolean {
  return secondsBehind(window) < MEANS_LIVE;
}

/** Whether the show has moved on so far that the picture's moment is no longer offered. */
export function isMomentGone({ start, at }: LiveWindow): boolean {
  return at < start - TOLERANCE;
}

/** Where a viewer goes who asks for a media time: there, to the oldest moment that is left, or to live. */
export function destination(window: LiveWindow, wanted: number): number | 'live' {
  const at = Math.max(wanted, window.start);
  return isNearLive({ ...window, at }) ? 'live' : at;
}
