/** What decides about the end of a segment; all in milliseconds. */
export interface SegmentLimits {
  /** How long segments should be. */
  readonly wantedMs: number;
  /** EXT-X-TARGETDURATION: what no segment's rounded duration exceeds. */
  readonly targetDurationS: number;
}

/** A keyframe this much early ends a segment all the same. */
const EARLY_SHARE = 0.05;

export function segmentLimits(wantedMs: number): SegmentLimits {
  return { wantedMs, targetDurationS: Math.max(1, Math.round(wantedMs / 1000)) };
}

/** The longest a segment may be so that it rounds to the target duration (RFC 8216bis section 4.4.3.1). */
export function longestMs(limits: SegmentLimits): number {
  return limits.targetDurationS * 1000 + 499;
}

function isLongEnough(elapsedMs: number, limits: SegmentLimits): boolean {
  return elapsedMs >= limits.wantedMs * (1 - EARLY_SHARE);
}

/**
 * A keyframe has come: does it begin a segment? Yes where the segment is long enough, or where the next keyframe is
 * expected too late for this segment.
 * @param keyframeIntervalMs Time since the keyframe before.
 */
export function cutsAtKeyframe(elapsedMs: number, keyframeIntervalMs: number, limits: SegmentLimits): boolean {
  return isLongEnough(elapsedMs, limits) || elapsedMs + keyframeIntervalMs > longestMs(limits);
}

/**
 * A part has ended: does the segment end with it, without waiting for a keyframe?
 * @param partMs How long the next part may be.
 * @param msToKeyframe When the next keyframe is expected, from now; `undefined` where that is unknown.
 */
export function cutsAfterPart(
  elapsedMs: number,
  partMs: number,
  msToKeyframe: number | undefined,
  limits: SegmentLimits,
): boolean {
  if (elapsedMs + partMs > longestMs(limits)) return true;
  const worthWaiting = msToKeyframe !== undefined && elapsedMs + msToKeyframe <= longestMs(limits);
  return elapsedMs >= limits.wantedMs - partMs / 2 && !worthWaiting;
}
