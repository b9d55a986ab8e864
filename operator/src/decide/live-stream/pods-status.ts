import { type LiveStream } from '@showrunner/crds';
import type { ComponentState } from './component-state.ts';
import type { Finding, Problem } from './findings.ts';
import type { FollowedShow, Refusal } from './observed-live-stream.ts';
import type { QuotaRefusal } from '../objects/quota.ts';
import { isOnAir } from './follow-show.ts';
import { refusalSentence } from './spec-problem.ts';

/** Pods that do not answer for shorter than this are busy, or were not asked yet. */
export const UNKNOWN_FOR_MS = 15_000;

/** Within this time of a show pods may still be starting for it. */
export const STARTING_MS = 15_000;

/** What a cluster adds to a status. */
export interface PodsStatus {
  /** Overrides what the laptop would say. */
  readonly ready: Finding<'Ready'>;
  readonly components: Finding<'IngestReady' | 'TranscoderReady'>[];
  readonly others: Finding[];
  readonly ingestPodIP: string | undefined;
}

export interface PodsSeen {
  readonly problem: Problem | undefined;
  /** What is left of a former stream of this name is in the way. */
  readonly isReplacing: boolean;
  readonly hasPods: boolean;
  readonly states: readonly ComponentState[];
  readonly followed: FollowedShow;
  /** What a quota keeps out, or has kept out when there was last an attempt. */
  readonly refused: QuotaRefusal | undefined;
  /** What the API refuses to do that is not needed for pods to run. */
  readonly hindered: Refusal | undefined;
  /** What newer pods wait for, where they do. */
  readonly updateWaitsFor: 'show' | 'viewers' | undefined;
}

const QUOTA_REASONS = {
  exhausted: 'NoRoomInQuota',
  'values-missing': 'QuotaNeedsValues',
  'limit-range': 'AgainstLimitRange',
} as const satisfies Record<QuotaRefusal['kind'], string>;

function readyOf(seen: PodsSeen): Finding<'Ready'> {
  const no = (reason: Finding<'Ready'>['reason'], message: string) =>
    ({ type: 'Ready', status: 'False', reason, message }) as const;
  const { problem, states, refused } = seen;
  if (problem) return no(problem.reason, problem.message);
  if (seen.isReplacing) return no('Replacing', 'What a deleted LiveStream of the same name left is being removed.');
  if (refused) return no('QuotaExceeded', refused.message);
  if (!seen.hasPods) {
    const message = 'OBS can connect: pods start when a publisher comes.';
    return { type: 'Ready', status: 'True', reason: 'StartsOnDemand', message };
  }
  const waiting = states.filter(({ ready }) => !ready);
  const worst = waiting.find(({ isTrouble, quota }) => isTrouble || quota) ?? waiting[0];
  if (!worst) return { type: 'Ready', status: 'True', reason: 'PublisherWelcome', message: 'OBS can connect.' };
  const { reason, message } = worst;
  if (reason !== 'PodReady' && reason !== 'PodStarting') return no(reason, message);
  return no('Starting', `Pods are starting: ${waiting.map(({ component }) => component).join(' and ')}.`);
}

function componentsOf(stream: LiveStream, { hasPods, states, problem, refused }: PodsSeen): PodsStatus['components'] {
  const idle = !stream.spec.enabled
    ? ({ reason: 'Disabled', message: 'spec.enabled is false: no pod runs.' } as const)
    : problem || refused
      ? ({ reason: 'NotStarted', message: 'No pod runs; the condition Ready says why.' } as const)
      : ({ reason: 'OnDemand', message: 'No pod runs; one starts when a publisher comes.' } as const);
  return states.map(({ component, ready, reason, message, isMade }) => ({
    type: component === 'ingest' ? 'IngestReady' : 'TranscoderReady',
    status: hasPods && ready ? 'True' : 'False',
    // What is wrong with the stream may be that Kubernetes refuses to make it.
    ...(hasPods && (isMade || !problem) ? { reason, message } : idle),
  }));
}

function updateWaits(reason: 'show' | 'viewers' | 'unknown') {
  switch (reason) {
    case 'show':
      return { reason: 'ShowRunning', message: 'Newer pods wait for the end of the show.' } as const;
    case 'viewers':
      return { reason: 'ShowRunning', message: 'Newer pods wait until viewers have had the end of the show.' } as const;
    case 'unknown':
      return { reason: 'StateUnknown', message: 'Newer pods wait until it is known that no show is running.' } as const;
  }
}

function degraded({ hasPods, states, followed, hindered }: PodsSeen, now: number): Finding<'Degraded'>[] {
  const is = (reason: Finding<'Degraded'>['reason'], message: string) =>
    [{ type: 'Degraded', status: 'True', reason, message }] as const;
  const hindrance = hindered ? [...is('ObjectRefused', refusalSentence(hindered))] : [];
  if (!hasPods) return hindrance;
  const { show } = followed;
  // A publisher is let in as soon as its ingest listens, and media follow before all probes have found that.
  const isUnderWay = isOnAir(show) && now - show.startedAt >= STARTING_MS;
  const worst = states.find(({ isTrouble }) => isTrouble) ?? states.find(({ ready }) => !ready && isUnderWay);
  if (worst && worst.reason !== 'PodReady') return [...is(worst.reason, worst.message)];
  if (followed.unknownSince === undefined || now - followed.unknownSince < UNKNOWN_FOR_MS) return hindrance;
  return [
    ...is('StateUnknown', 'The ingest pod does not tell the operator whether a show runs; nothing of it is stopped.'),
  ];
}

/** The conditions of a stream that stand for its pods. */
export function podsStatus(stream: LiveStream, seen: PodsSeen, now: number): PodsStatus {
  const ready = readyOf(seen);
  const quota = seen.refused ?? seen.states.find((state) => state.quota && seen.hasPods)?.quota;
  const isUnknown = seen.followed.publisher === 'unknown' && !isOnAir(seen.followed.show);
  const others: Finding[] = [];
  if (quota) {
    others.push({ type: 'QuotaExceeded', status: 'True', reason: QUOTA_REASONS[quota.kind], message: quota.message });
  }
  if (seen.updateWaitsFor) {
    others.push({ type: 'UpdatePending', status: 'True', ...updateWaits(isUnknown ? 'unknown' : seen.updateWaitsFor) });
  }
  others.push(...degraded(seen, now));
  if (seen.problem && stream.spec.enabled) others.push({ type: 'Stalled', status: 'True', ...seen.problem });
  else if (ready.status === 'False' && stream.spec.enabled) {
    others.push({ type: 'Reconciling', status: 'True', reason: 'InProgress', message: ready.message });
  }
  const ingest = seen.states.find(({ component }) => component === 'ingest');
  const ingestPodIP = seen.hasPods ? ingest?.podIP : undefined;
  return { ready, components: componentsOf(stream, seen), others, ingestPodIP };
}
