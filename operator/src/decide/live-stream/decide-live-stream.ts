import { isDeepStrictEqual } from 'node:util';
import type { LiveStream, LiveStreamStatus } from '@showrunner/crds';
import type { Decision } from '../decision.ts';
import { explainQuota } from '../objects/quota.ts';
import type { OperatorSettings } from '../settings.ts';
import { PATIENCE_MS, pollOf, untilFirst } from './attention.ts';
import { componentState } from './component-state.ts';
import { decideEvents, writeEvents } from './decide-events.ts';
import { decideKeys, type KeyDecision } from './decide-keys.ts';
import { decideObjects, type ObjectWrites } from './decide-objects.ts';
import { decideStatus } from './decide-status.ts';
import { decideTerminating } from './decide-terminating.ts';
import { followShow, isOnAir } from './follow-show.ts';
import { REFUSED_FOR_MS, withHoldOffs } from './hold-offs.ts';
import { COMPONENTS } from './object-names.ts';
import type { ObservedLiveStream, PodAnswers, StreamObjects } from './observed-live-stream.ts';
import { occupationOf } from './occupation.ts';
import { disabledShowEnd, podsNeeded } from './pods-needed.ts';
import { podsStatus, STARTING_MS, UNKNOWN_FOR_MS, type PodsSeen } from './pods-status.ts';
import { GIVE_BACK_AFTER_MS, quotaStanding } from './quota-standing.ts';
import { refusalProblem, specProblem } from './spec-problem.ts';
import { standbyOf } from './standby.ts';
import { keySecretOf } from './stream-key.ts';
import { formerObjects } from './stream-objects.ts';

const FORMER_RETRY_MS = 5_000;
/** Pods that are asked each second have been asked by then. */
const LOOK_MS = 1_500;
/** How often it is looked whether pods were told long enough ago that their show is to be interrupted. */
const TELLING_LOOK_MS = 1_000;

const NO_WRITES: ObjectWrites = { create: [], apply: [], delete: [], podAnnotations: [], pending: [], replaced: [] };
const NOTHING = { ...NO_WRITES, writeEvents: [], events: [], standing: 'enough' } as const;

/** Pods that were not asked since the operator started. */
function unanswered({ pods }: StreamObjects): PodAnswers {
  const answers = (component: (typeof COMPONENTS)[number]) =>
    pods[component]
      .filter(({ finished, ip }) => !finished && ip !== undefined)
      .map(({ uid, ready }) => ({ pod: uid, ready, state: undefined }));
  return { ingest: answers('ingest'), transcoder: answers('transcoder') };
}

/** The keys of a stream; one that is to be made counts as if it were there. */
function keysOf(stream: LiveStream, observed: ObservedLiveStream, hasFormer: boolean, now: number) {
  const isMissing = !observed.key.secretExists && !keySecretOf(stream).named;
  const newKey = isMissing && !hasFormer ? observed.fresh.streamKey : undefined;
  const seen = newKey === undefined ? observed.key : { secretExists: true, key: newKey };
  const decided = decideKeys(stream, seen, now);
  // It cannot be made yet.
  const keys: KeyDecision = isMissing && hasFormer ? { hashes: decided.hashes } : decided;
  return { keys, newKey };
}

/** When the youngest of the Deployments was made, epoch ms. */
function podsStartedAt({ deployments }: StreamObjects): number | undefined {
  const times = COMPONENTS.map((component) => deployments[component]?.createdAt ?? 0);
  return Math.max(...times) || undefined;
}

/** As a store gives it back, without entries that are undefined; in whatever order conditions are. */
function asStored(status: LiveStreamStatus): unknown {
  const sorted = status.conditions?.toSorted((a, b) => (a.type < b.type ? -1 : 1));
  return JSON.parse(JSON.stringify({ ...status, conditions: sorted }));
}

/** `undefined` where the stream has it already. */
function news(status: LiveStreamStatus, stream: LiveStream): LiveStreamStatus | undefined {
  return isDeepStrictEqual(asStored(status), asStored(stream.status)) ? undefined : status;
}

/** What is to be done for a LiveStream on a cluster; nothing where it is as it should be. */
export function decideLiveStream(
  stream: LiveStream,
  observed: ObservedLiveStream,
  settings: OperatorSettings,
  now: number,
): Decision<LiveStreamStatus> {
  // Its objects go with it.
  if (stream.metadata['deletionTimestamp'] !== undefined) {
    return { ...NOTHING, status: undefined, lookAgainMs: undefined, poll: 'none' };
  }
  const { children, knockedAt } = observed;
  const followed = observed.followed ?? followShow(undefined, stream, unanswered(children), now);
  const { publisher, show, unknownSince } = followed;
  const occupation = occupationOf(stream, followed, observed, now);
  const { isBusy, onAir, isStale, farewellEnd } = occupation;
  const isLeaving = now < farewellEnd;
  const states = COMPONENTS.map((component) =>
    componentState(component, children.deployments[component], children.pods[component]),
  );
  if (observed.namespaceTerminating) {
    const decided = decideTerminating(stream, { observed, followed, occupation, states }, settings, now);
    return { ...NOTHING, ...decided, status: news(decided.status, stream) };
  }

  const former = formerObjects(stream, children);
  const { keys, newKey } = keysOf(stream, observed, former.exist, now);
  const blocked = specProblem(stream, children, settings);
  const standby = standbyOf(stream, { show, knockedAt, startedAt: podsStartedAt(children) }, now);
  const wished = podsNeeded(stream, { occupation, publisher, keys, isBlocked: blocked !== undefined, standby }, now);
  const { turn, lackingSince } = observed;
  const quota = quotaStanding(stream, { needed: wished, isBusy, turn, lackingSince, states, pods: children.pods }, now);
  const needed = quota.standing === 'waiting' ? 'unwanted' : wished;
  const hasDeployment = COMPONENTS.some((component) => children.deployments[component] !== undefined);
  const stopsBlindly = needed === 'unwanted' && hasDeployment && isStale && stream.spec.enabled;
  const pods = stopsBlindly ? 'as-they-are' : needed;
  const isFree = !(isBusy || isLeaving || isStale);
  const interrupts = !isFree && stream.spec.updatePolicy === 'immediately';
  const mayReplace = interrupts ? ('interrupting' as const) : isFree;
  const onAirSince = isOnAir(show) ? show.startedAt : undefined;
  const needs = { pods, mayReplace, onAir, onAirSince, keyHashes: keys.hashes, newKey };
  const wanted = former.exist
    ? { ...NO_WRITES, delete: former.toDelete }
    : decideObjects(stream, observed, needs, settings, now);
  const { writes, hindered } = withHoldOffs(wanted, observed.refusals, now);

  const { refusal } = writes;
  const isWaiting = writes.pending.length > 0;
  const looksFirst = stopsBlindly || (isWaiting && isStale && !isBusy && !isLeaving && !interrupts);
  const hasPods = pods === 'wanted' || (pods === 'as-they-are' && hasDeployment);
  const knowsSoon = unknownSince !== undefined && now - unknownSince < UNKNOWN_FOR_MS;
  const waits = isWaiting && !looksFirst && !interrupts && !(publisher === 'unknown' && knowsSoon && !onAir);
  const seen: PodsSeen = {
    problem: keys.problem ?? blocked ?? (refusal && refusalProblem(refusal)),
    isReplacing: former.exist,
    hasPods,
    states,
    followed,
    hindered,
    refused: (refusal && explainQuota(refusal.message, refusal.object)) ?? quota.refused,
    updateWaitsFor: waits ? (isBusy || !isLeaving ? 'show' : 'viewers') : undefined,
  };
  const cluster = podsStatus(stream, seen, now);
  const status = decideStatus(stream, { keys, show, urls: settings.urls, pods: cluster }, now);

  const moments = [
    keys.nextExpiry,
    isBusy || !stream.spec.enabled ? undefined : standby.until,
    isWaiting ? farewellEnd : undefined,
    isWaiting && interrupts ? now + TELLING_LOOK_MS : undefined,
    looksFirst ? now + LOOK_MS : undefined,
    refusal && refusal.at + REFUSED_FOR_MS,
    hindered && hindered.at + REFUSED_FOR_MS,
    quota.standing === 'lacking' ? (lackingSince ?? now) + GIVE_BACK_AFTER_MS : undefined,
    stream.spec.enabled || pods === 'unwanted' ? undefined : disabledShowEnd(stream, now),
    knowsSoon ? unknownSince + UNKNOWN_FOR_MS : undefined,
    unknownSince === undefined ? undefined : unknownSince + PATIENCE_MS,
    onAirSince === undefined ? undefined : onAirSince + STARTING_MS,
    former.exist ? now + FORMER_RETRY_MS : undefined,
  ];
  return {
    create: writes.create,
    apply: writes.apply,
    delete: writes.delete,
    writeEvents: writeEvents(writes),
    podAnnotations: writes.podAnnotations,
    status: news(status, stream),
    events: decideEvents(stream, status),
    lookAgainMs: untilFirst(moments, now),
    standing: stopsBlindly && quota.standing === 'waiting' ? 'lacking' : quota.standing,
    poll: looksFirst ? 'active' : pollOf(observed, followed, occupation, hasPods, now),
  };
}
