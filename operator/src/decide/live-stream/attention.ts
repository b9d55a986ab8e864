import type { Decision } from '../decision.ts';
import type { FollowedShow, ObservedLiveStream } from './observed-live-stream.ts';
import type { Occupation } from './occupation.ts';

/** A publisher that knocked, and one that left, may be here (again) in a moment. */
const ATTENTIVE_MS = 60_000;
/** Pods that have not answered for this long are asked more seldom, whatever was on. */
export const PATIENCE_MS = 300_000;

/** How often the pods of a stream are asked. */
export function pollOf(
  { knockedAt = -Infinity }: ObservedLiveStream,
  { publisher, show, unknownSince }: FollowedShow,
  { isBusy, onAir }: Occupation,
  hasPods: boolean,
  now: number,
): Decision<unknown>['poll'] {
  const isSilent = publisher === 'unknown' && now - (unknownSince ?? now) >= PATIENCE_MS;
  if (onAir === true) return isSilent ? 'sweep' : 'active';
  if (!hasPods) return 'none';
  if (isSilent) return 'sweep';
  const last = Math.max(knockedAt, show?.endedAt ?? -Infinity);
  return isBusy || now - last < ATTENTIVE_MS ? 'active' : 'sweep';
}

/** Milliseconds until the first of some moments that is still ahead. */
export function untilFirst(moments: readonly (number | undefined)[], now: number): number | undefined {
  const ahead = moments.filter((moment) => moment !== undefined && moment > now) as number[];
  return ahead.length > 0 ? Math.min(...ahead) - now : undefined;
}
