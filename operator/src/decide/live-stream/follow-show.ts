import { durationMs, type LiveStream, type LiveStreamStatus } from '@showrunner/crds';
import type { IngestState } from '@showrunner/service-kit';
import type { ObservedShow } from './decide-status.ts';
import type { FollowedShow, PodAnswers } from './observed-live-stream.ts';
import { ofAnotherPublisher, sourceFacts } from './source-facts.ts';

/** Ingest and transcoder are not asked at the same moment: at the end of a show one may say so before the other. */
const SETTLING_MS = 2_000;
/** How much longer than `reconnectGrace` a show waits whose transcoder does not say that it has ended. */
const LAST_WAIT_MS = 15_000;
/** Start of a show in the status and at ingest, which are the same moment. */
const SAME_START_MS = 2_000;

/** The show that a status speaks of, for an operator that has just started. */
function showOf(status: LiveStreamStatus): ObservedShow | undefined {
  if (status.startedAt === undefined) return undefined;
  return {
    state: status.endedAt ? 'ended' : status.phase === 'Reconnecting' ? 'reconnecting' : 'live',
    startedAt: Date.parse(status.startedAt),
    endedAt: status.endedAt ? Date.parse(status.endedAt) : undefined,
    source: status.source,
  };
}

export function isOnAir(show: ObservedShow | undefined): show is ObservedShow {
  return show !== undefined && show.state !== 'ended';
}

/** The pod that has the publisher; else whether all are known to have none. */
function publisherIn(answers: PodAnswers['ingest'], wasOnAir: boolean) {
  for (const publisher of ['live', 'reconnecting', 'expected'] as const) {
    const found = answers.find(({ state }) => state?.state === publisher);
    if (found?.state) return { publisher, pod: found.pod, ingest: found.state };
  }
  // A pod that starts has none that we know of, but one that ran and does not answer any more may have.
  const isUnknown = answers.some(({ state, ready }) => !state && (ready || wasOnAir));
  return { publisher: isUnknown ? ('unknown' as const) : ('off' as const) };
}

/** The show whose publisher sends, with what ingest and transcoder found out about it. */
function withFacts(
  show: ObservedShow,
  ingest: IngestState,
  answers: PodAnswers['transcoder'],
  isSamePublisher: boolean,
): ObservedShow {
  const { facts } = ingest;
  const known = isSamePublisher ? show : ofAnotherPublisher(show);
  const found = facts?.video || facts?.audio ? sourceFacts(facts, known) : {};
  const transcoder = answers.find(({ state }) => state?.show === 'running')?.state;
  return {
    ...known,
    ...found,
    endedAt: undefined,
    firstMediaSeconds: show.firstMediaSeconds ?? transcoder?.firstMediaSeconds,
    encoderFailing: transcoder?.encoderFailing ?? show.encoderFailing,
  };
}

/** A show whose publisher is at none of the pods: it waits, and ends when the transcoder says so or all waiting is over. */
function missing(
  before: FollowedShow,
  stream: LiveStream,
  answers: PodAnswers['transcoder'],
  now: number,
): FollowedShow {
  const show = before.show!;
  const missingSince = before.missingSince ?? now;
  const waited = now - missingSince;
  const states = answers.map(({ state }) => state?.show);
  const hasEnded = states.includes('ended') && !states.includes('running');
  const longest = durationMs(stream.spec.ingest.reconnectGrace) + LAST_WAIT_MS;
  if (hasEnded || !stream.spec.enabled || waited > longest) {
    return { publisher: 'off', show: { ...show, state: 'ended', endedAt: missingSince } };
  }
  const state = waited >= SETTLING_MS ? 'reconnecting' : show.state;
  return { publisher: 'off', show: { ...show, state }, ingestPod: before.ingestPod, missingSince };
}

/**
 * What is known of a show after its pods were asked (again). `before`: the former answer, `undefined` for the first time since
 * the operator started: then the status tells, and a show that runs on since then is the same one.
 */
export function followShow(
  before: FollowedShow | undefined,
  stream: LiveStream,
  answers: PodAnswers,
  now: number,
): FollowedShow {
  const known = before ?? { publisher: 'unknown', show: showOf(stream.status) };
  const wasOnAir = isOnAir(known.show);
  const { publisher, pod, ingest } = publisherIn(answers.ingest, wasOnAir);
  switch (publisher) {
    case 'unknown':
      return { ...known, publisher, unknownSince: known.unknownSince ?? now };
    case 'off':
      if (wasOnAir) return missing(known, stream, answers.transcoder, now);
      return { publisher, show: known.show };
    case 'expected':
      return { publisher, show: known.show, ingestPod: pod };
    case 'reconnecting':
    case 'live': {
      const startedAt = Date.parse(ingest.onAirSince ?? '') || now;
      // Of a show that was followed all the time only the pod is another; of one found in the status it may be another show.
      const wasFollowed = known.ingestPod !== undefined;
      const continues = wasOnAir && (wasFollowed || Math.abs(startedAt - known.show.startedAt) <= SAME_START_MS);
      const show: ObservedShow = continues ? known.show : { state: publisher, startedAt };
      const publisherSince = ingest.facts?.publisherSince ?? known.publisherSince;
      const isSamePublisher = known.publisherSince === undefined || publisherSince === known.publisherSince;
      const found = withFacts(show, ingest, answers.transcoder, isSamePublisher);
      return { publisher, show: { ...found, state: publisher }, ingestPod: pod, publisherSince };
    }
  }
}
