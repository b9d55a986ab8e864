import type { LiveStream } from '@showrunner/crds';
import type { KeyDecision } from './decide-keys.ts';
import type { FollowedShow } from './observed-live-stream.ts';
import type { Occupation } from './occupation.ts';
import type { Standby } from './standby.ts';

/** `as-they-are`: those that run go on, and are told what changes. */
export type PodsNeeded = 'wanted' | 'as-they-are' | 'unwanted';

/** A stream that was disabled ends its show by itself within this time; then its pods are stopped. */
const DISABLED_SHOW_MS = 15_000;

/** When the pods of a disabled stream are stopped though a show runs, epoch ms. */
export function disabledShowEnd(stream: LiveStream, now: number): number {
  const disabled = stream.status.conditions?.find(({ type }) => type === 'Disabled');
  return (disabled ? Date.parse(disabled.lastTransitionTime) : now) + DISABLED_SHOW_MS;
}

/** Whether a stream has pods. Who is there, or may be, keeps them, unless the stream is disabled. */
export function podsNeeded(
  stream: LiveStream,
  given: {
    readonly occupation: Occupation;
    readonly publisher: FollowedShow['publisher'];
    readonly keys: KeyDecision;
    /** Something else than its key keeps the stream from working. */
    readonly isBlocked: boolean;
    readonly standby: Standby;
  },
  now: number,
): PodsNeeded {
  const { occupation, publisher, keys, isBlocked, standby } = given;
  const { isBusy, onAir } = occupation;
  if (!stream.spec.enabled) {
    const isEnding = onAir === true || (isBusy && publisher !== 'unknown');
    return isEnding && now < disabledShowEnd(stream, now) ? 'as-they-are' : 'unwanted';
  }
  if (isBlocked) return isBusy ? 'as-they-are' : 'unwanted';
  // Former keys may be accepted still.
  if (keys.problem) return isBusy || keys.hashes.length > 0 ? 'as-they-are' : 'unwanted';
  return isBusy || standby.wanted ? 'wanted' : 'unwanted';
}
