import { durationMs, type Condition, type LiveStream, type LiveStreamStatus } from '@showrunner/crds';
import type { DecidedEvent } from '../decision.ts';
import type { ObjectWrites } from './decide-objects.ts';
import type { ConditionType, EventReason, ReasonOf } from './reasons.ts';

type Event = DecidedEvent & { readonly reason: EventReason };

/** Told as they are when they appear. */
const TOLD: Partial<Record<ConditionType, 'Normal' | 'Warning'>> = {
  Disabled: 'Normal',
  FirstSegmentReady: 'Normal',
  KeyframeIntervalTooLong: 'Warning',
  BFramesDetected: 'Warning',
  RenditionsMissing: 'Warning',
  UpdatePending: 'Normal',
  QuotaExceeded: 'Warning',
  Degraded: 'Warning',
  EngineLimits: 'Warning',
  Stalled: 'Warning',
};

/** As in "1 h 2 min 3 s". */
function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ].filter(([amount]) => amount !== 0);
  return parts.map((part) => part.join(' ')).join(' ') || '0 s';
}

function trueCondition(status: LiveStreamStatus, type: ConditionType): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

function isTakenOver(status: LiveStreamStatus): boolean {
  return trueCondition(status, 'Live')?.reason === ('PublisherReplaced' satisfies ReasonOf<'Live'>);
}

function showEvents(before: LiveStreamStatus, after: LiveStreamStatus): Event[] {
  const { startedAt, endedAt, phase } = after;
  const events: Event[] = [];
  if (startedAt && startedAt !== before.startedAt) {
    events.push({ type: 'Normal', reason: 'ShowStarted', message: 'The show is on air.' });
  } else if (before.phase === 'Live' && phase === 'Reconnecting') {
    const isTakeover = isTakenOver(after);
    const reason = isTakeover ? 'PublisherReplaced' : 'PublisherDropped';
    const message = isTakeover ? 'Another publisher took over.' : 'The publisher left; the show waits for it.';
    events.push({ type: isTakeover ? 'Normal' : 'Warning', reason, message });
  } else if (before.phase === 'Reconnecting' && phase === 'Live') {
    const who = isTakenOver(before) ? 'The other publisher sends' : 'The publisher is back';
    events.push({ type: 'Normal', reason: 'PublisherReturned', message: `${who}; the show goes on.` });
  }
  if (startedAt && endedAt && (endedAt !== before.endedAt || startedAt !== before.startedAt)) {
    const message = `The show has ended after ${lengthOf(Date.parse(endedAt) - Date.parse(startedAt))}.`;
    events.push({ type: 'Normal', reason: 'ShowEnded', message });
  }
  return events;
}

function keyEvents(stream: LiveStream, after: LiveStreamStatus): Event[] {
  const [was, is] = [stream.status, after].map((status) =>
    status.ingest?.keyHashes?.find(({ expiresAt }) => expiresAt === undefined),
  );
  if (!was || !is || was.sha256 === is.sha256) return [];
  const grace = stream.spec.ingest.keyRotationGrace;
  const former =
    durationMs(grace) > 0 ? `the former one is accepted for another ${grace}` : 'the former one is refused';
  return [{ type: 'Normal', reason: 'KeyRotated', message: `The stream key has changed; ${former}.` }];
}

function conditionEvents(before: LiveStreamStatus, after: LiveStreamStatus): Event[] {
  const isOtherShow = after.startedAt !== before.startedAt;
  const events = Object.entries(TOLD).flatMap(([name, type]): Event[] => {
    const reason = name as EventReason & ConditionType;
    const [was, is] = [trueCondition(before, reason), trueCondition(after, reason)];
    // Another reason is another story; another show has its own first segment.
    const isNews = is && (is.reason !== was?.reason || (reason === 'FirstSegmentReady' && isOtherShow));
    return isNews ? [{ type, reason, message: is.message }] : [];
  });
  if (trueCondition(before, 'Degraded') && !trueCondition(after, 'Degraded')) {
    events.push({ type: 'Normal', reason: 'Recovered', message: 'What should run is running again.' });
  }
  return events;
}

function readyEvents(before: LiveStreamStatus, after: LiveStreamStatus): Event[] {
  const ready = trueCondition(after, 'Ready');
  const isNews = ready && !trueCondition(before, 'Ready');
  return isNews ? [{ type: 'Normal', reason: 'Ready', message: ready.message }] : [];
}

/** What there is to tell of objects as soon as they are written, whether or not the status can be. */
export function writeEvents({ create, apply, delete: removed, replaced }: ObjectWrites): Event[] {
  const events: Event[] = [];
  for (const { metadata, stringData } of create) {
    if (stringData === undefined) continue;
    const message = `Secret ${metadata.name} holds a new stream key, since spec.ingest.keySecretRef names none.`;
    events.push({ type: 'Normal', reason: 'StreamKeyMade', message });
  }
  const isNewDeployment = apply.some(({ manifest, uid }) => manifest.kind === 'Deployment' && uid === undefined);
  if (isNewDeployment) events.push({ type: 'Normal', reason: 'PodsStarted', message: 'Pods are being started.' });
  if (replaced.length > 0) {
    const message = `Newer pods take over: ${replaced.join(' and ')}.`;
    events.push({ type: 'Normal', reason: 'UpdateApplied', message });
  }
  if (removed.some(({ resource }) => resource.kind === 'Deployment')) {
    events.push({ type: 'Normal', reason: 'PodsStopped', message: 'Pods are being stopped.' });
  }
  return events;
}

/** What there is to tell between the status that a stream has and the one it gets. Keys and their hashes are never told. */
export function decideEvents(stream: LiveStream, after: LiveStreamStatus): Event[] {
  const before = stream.status;
  return [
    ...keyEvents(stream, after),
    ...readyEvents(before, after),
    ...showEvents(before, after),
    ...conditionEvents(before, after),
  ];
}
