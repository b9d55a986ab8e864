import { durationMs, type LiveStream } from '@showrunner/crds';
import { isOnAir } from './follow-show.ts';
import type { FollowedShow, ObservedLiveStream } from './observed-live-stream.ts';

/** Who may be using the pods of a stream. */
export interface Occupation {
  /** A publisher or a show is or may be there: nothing is taken from under it. */
  readonly isBusy: boolean;
  /** `undefined` where it is not known. */
  readonly onAir: boolean | undefined;
  /** Nobody was there when pods were last asked, but that is too long ago to take anything away, or somebody knocked just now. */
  readonly isStale: boolean;
  /** Until when viewers may still fetch the end of the last show, epoch ms. */
  readonly farewellEnd: number;
}

const SLOW_VIEWERS_MS = 4_000;
/** Players of plain HLS are three segments behind (RFC 8216, section 6.3.3). */
const SEGMENTS_BEHIND = 3;

/** What pods answered is taken for what is, for so long. */
const FRESH_MS = 5_000;
/** Within this time a publisher that knocked is at a pod that is ready or starts, and the pod says so. */
const ARRIVAL_MS = 10_000;

export function occupationOf(
  stream: LiveStream,
  { publisher, show }: FollowedShow,
  { followedAt = -Infinity, knockedAt = -Infinity, children }: ObservedLiveStream,
  now: number,
): Occupation {
  const onAir = isOnAir(show);
  const behind = SEGMENTS_BEHIND * durationMs(stream.spec.transcode.segmentDuration) + SLOW_VIEWERS_MS;
  const mayArrive = now - knockedAt < ARRIVAL_MS;
  const mayBeOutdated = now - followedAt > FRESH_MS || mayArrive;
  return {
    isBusy: onAir || publisher !== 'off',
    onAir: publisher === 'unknown' && !onAir ? undefined : onAir,
    isStale: mayBeOutdated && children.pods.ingest.some(({ ready, ip }) => ready || (mayArrive && ip !== undefined)),
    farewellEnd: show?.endedAt === undefined ? 0 : show.endedAt + behind,
  };
}
