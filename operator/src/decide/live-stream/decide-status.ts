import type { LiveStream, LiveStreamStatus, Phase } from '@showrunner/crds';
import type { Urls } from '../settings.ts';
import type { KeyDecision } from './decide-keys.ts';
import { engineFinding, engineLimits, type EngineState } from './engine-findings.ts';
import { toCondition, type Finding } from './findings.ts';
import type { PodsStatus } from './pods-status.ts';
import { sourceFindings } from './source-findings.ts';

/** What is known of a stream's current or last show. Times in epoch ms. */
export interface ObservedShow {
  readonly state: 'live' | 'reconnecting' | 'ended';
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  /** While it is reconnecting, on the laptop: another publisher has taken over and is about to send. */
  readonly takenOver?: boolean | undefined;
  /** From the publisher's start to the first media that a player could fetch. */
  readonly firstMediaSeconds?: number | undefined;
  readonly source?: LiveStreamStatus['source'];
  /** A measured frame rate that is not told yet, and how many times in a row it was measured. */
  readonly otherFrameRate?: { readonly rate: number; readonly times: number } | undefined;
  /** The longest one of the present publisher. */
  readonly keyframeIntervalSeconds?: number | undefined;
  readonly hasBFrames?: boolean | undefined;
  readonly encoderFailing?: boolean | undefined;
}

function phaseOf(stream: LiveStream, { keys, engine = 'ready', show, pods }: ObservedStatus): Phase {
  if (show?.state === 'live') return 'Live';
  if (show?.state === 'reconnecting') return 'Reconnecting';
  if (keys.problem || pods?.others.some(({ type }) => type === 'Stalled')) return 'Failed';
  if (!stream.spec.enabled) return 'Pending';
  if (engine !== 'ready') return engine === 'starting' ? 'Pending' : 'Failed';
  if (show || stream.status.startedAt) return 'Ended';
  return pods?.ready.status === 'False' ? 'Pending' : 'Ready';
}

const DISABLED: Finding<'Disabled'> = {
  type: 'Disabled',
  status: 'True',
  reason: 'AsAsked',
  message: 'spec.enabled is false: publishers are refused.',
};

function ready({ keys, engine = 'ready' }: ObservedStatus): Finding<'Ready'> {
  if (keys.problem) return { type: 'Ready', status: 'False', ...keys.problem };
  return (
    engineFinding(engine) ?? { type: 'Ready', status: 'True', reason: 'PublisherWelcome', message: 'OBS can connect.' }
  );
}

function live(show: ObservedShow | undefined): Finding<'Live'> {
  switch (show?.state) {
    case 'live':
      return { type: 'Live', status: 'True', reason: 'OnAir', message: 'The show is on air.' };
    case 'reconnecting':
      if (show.takenOver) {
        return {
          type: 'Live',
          status: 'True',
          reason: 'PublisherReplaced',
          message: 'Another publisher has taken over; the show goes on when it sends.',
        };
      }
      return {
        type: 'Live',
        status: 'True',
        reason: 'PublisherDropped',
        message: 'The publisher left; the show stays open until the reconnect grace is over.',
      };
    case 'ended':
      return { type: 'Live', status: 'False', reason: 'ShowEnded', message: 'The last show has ended.' };
    case undefined:
      return { type: 'Live', status: 'False', reason: 'NoPublisher', message: 'No publisher has connected yet.' };
  }
}

/** What a status is made from. */
export interface ObservedStatus {
  readonly keys: KeyDecision;
  /** On the laptop, where an engine may run on demand. */
  readonly engine?: EngineState;
  readonly show: ObservedShow | undefined;
  readonly urls: Urls;
  /** On a cluster. */
  readonly pods?: PodsStatus;
}

/** The whole status of a LiveStream. A `show` that is not known any more (a restart) has ended. */
export function decideStatus(stream: LiveStream, observed: ObservedStatus, now: number): LiveStreamStatus {
  const { keys, show, urls, pods } = observed;
  const { namespace, name } = stream.metadata;
  const findings: Finding[] = [
    stream.spec.enabled ? (pods?.ready ?? ready(observed)) : DISABLED,
    ...(pods?.components ?? []),
    live(show),
    ...(show ? sourceFindings(stream, show) : []),
    ...(pods?.others ?? []),
    ...engineLimits(stream),
  ];
  const startedAt = show ? new Date(show.startedAt).toISOString() : stream.status.startedAt;
  const wasCutOff = !show && stream.status.startedAt && !stream.status.endedAt;
  const endedAt = show
    ? show.endedAt && new Date(show.endedAt).toISOString()
    : wasCutOff
      ? new Date(now).toISOString()
      : stream.status.endedAt;
  const source = show ? show.source : stream.status.source;
  return {
    observedGeneration: stream.metadata.generation,
    phase: phaseOf(stream, observed),
    conditions: findings.map((finding) => toCondition(finding, stream, now)),
    ingest: {
      server: urls.rtmp,
      keyHashes: keys.hashes,
      ...(pods?.ingestPodIP ? { podIP: pods.ingestPodIP } : {}),
    },
    playback: { hls: `${urls.http}/hls/${namespace}/${name}/master.m3u8` },
    ...(source ? { source } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(endedAt ? { endedAt } : {}),
  };
}
