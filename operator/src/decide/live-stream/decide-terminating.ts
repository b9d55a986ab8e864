import { type LiveStream, type LiveStreamStatus, NAMESPACE_TERMINATING } from '@showrunner/crds';
import type { Decision } from '../decision.ts';
import type { OperatorSettings } from '../settings.ts';
import { PATIENCE_MS, pollOf, untilFirst } from './attention.ts';
import type { ComponentState } from './component-state.ts';
import { decideStatus } from './decide-status.ts';
import type { Problem } from './findings.ts';
import type { FollowedShow, ObservedLiveStream } from './observed-live-stream.ts';
import type { Occupation } from './occupation.ts';
import { podsStatus } from './pods-status.ts';

/**
 * What there is to say of a stream whose namespace is being deleted: the front door lets its publisher go and nobody in, as for a
 * deleted one. There is nothing to do: Kubernetes deletes what is there, in its own order, and takes nothing new, Events included.
 */
export function decideTerminating(
  stream: LiveStream,
  seen: {
    readonly observed: ObservedLiveStream;
    readonly followed: FollowedShow;
    readonly occupation: Occupation;
    readonly states: readonly ComponentState[];
  },
  settings: OperatorSettings,
  now: number,
): Pick<Decision<LiveStreamStatus>, 'lookAgainMs' | 'poll'> & { readonly status: LiveStreamStatus } {
  const { observed, followed, occupation, states } = seen;
  const problem: Problem = {
    reason: NAMESPACE_TERMINATING,
    message: `Namespace "${stream.metadata.namespace}" is being deleted: a running show is ended, and no publisher is let in any more.`,
  };
  const none = {
    isReplacing: false,
    hasPods: false,
    refused: undefined,
    hindered: undefined,
    updateWaitsFor: undefined,
  };
  const pods = podsStatus(stream, { ...none, problem, states, followed }, now);
  const given = { keys: { hashes: [] }, show: followed.show, urls: settings.urls, pods };
  const { unknownSince } = followed;
  return {
    status: decideStatus(stream, given, now),
    lookAgainMs: untilFirst([unknownSince === undefined ? undefined : unknownSince + PATIENCE_MS], now),
    poll: pollOf(observed, followed, occupation, false, now),
  };
}
