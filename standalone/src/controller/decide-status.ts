import type { Condition, LiveStream, LiveStreamStatus, Phase } from '@showrunner/crds';
import type { KeyDecision } from './decide-keys.ts';

/** What is known of a stream's current or last show. Times in epoch ms. */
export interface ObservedShow {
  readonly state: 'live' | 'reconnecting' | 'ended';
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  /** From the publisher's start to the first media that a player could fetch. */
  readonly firstMediaSeconds?: number | undefined;
  readonly source?: LiveStreamStatus['source'];
  /** The longest one of the present publisher. */
  readonly keyframeIntervalSeconds?: number | undefined;
  readonly hasBFrames?: boolean | undefined;
}

export interface Urls {
  readonly http: string;
  readonly rtmp: string;
}

/** Above this, joining viewers wait long for their first picture. */
const LONG_KEYFRAME_INTERVAL_SECONDS = 4;

type Finding = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function phaseOf(stream: LiveStream, keys: KeyDecision, show: ObservedShow | undefined): Phase {
  if (show?.state === 'live') return 'Live';
  if (show?.state === 'reconnecting') return 'Reconnecting';
  if (keys.problem) return 'Failed';
  if (!stream.spec.enabled) return 'Pending';
  return show || stream.status?.startedAt ? 'Ended' : 'Ready';
}

function ready(stream: LiveStream, keys: KeyDecision): Finding {
  if (!stream.spec.enabled) {
    return {
      type: 'Ready',
      status: 'False',
      reason: 'Disabled',
      message: 'spec.enabled is false: publishers are refused.',
    };
  }
  if (keys.problem) return { type: 'Ready', status: 'False', ...keys.problem };
  return { type: 'Ready', status: 'True', reason: 'PublisherWelcome', message: 'OBS can connect.' };
}

function live(show: ObservedShow | undefined): Finding {
  switch (show?.state) {
    case 'live':
      return { type: 'Live', status: 'True', reason: 'OnAir', message: 'The show is on air.' };
    case 'reconnecting':
      return {
        type: 'Live',
        status: 'True',
        reason: 'PublisherDropped',
        message: 'The publisher dropped; the show stays open until the reconnect grace is over.',
      };
    case 'ended':
      return { type: 'Live', status: 'False', reason: 'ShowEnded', message: 'The last show has ended.' };
    case undefined:
      return { type: 'Live', status: 'False', reason: 'NoPublisher', message: 'No publisher has connected yet.' };
  }
}

function sourceFindings(show: ObservedShow): Finding[] {
  const findings: Finding[] = [];
  if (show.firstMediaSeconds !== undefined) {
    findings.push({
      type: 'FirstSegmentReady',
      status: 'True',
      reason: 'MediaReady',
      message: `Playable ${show.firstMediaSeconds.toFixed(2)} s after the publisher started.`,
    });
  }
  if (show.keyframeIntervalSeconds !== undefined && show.keyframeIntervalSeconds > LONG_KEYFRAME_INTERVAL_SECONDS) {
    findings.push({
      type: 'KeyframeIntervalTooLong',
      status: 'True',
      reason: 'JoiningIsSlow',
      message: `Keyframes come up to ${show.keyframeIntervalSeconds} s apart. In OBS set Keyframe Interval to 2 s, so that viewers join faster.`,
    });
  }
  if (show.hasBFrames) {
    findings.push({
      type: 'BFramesDetected',
      status: 'True',
      reason: 'LatencyAdded',
      message: 'The source has B-frames, which add latency. In OBS set Max B-frames to 0.',
    });
  }
  return findings;
}

function toCondition(finding: Finding, stream: LiveStream, now: number): Condition {
  const before = stream.status?.conditions?.find((condition) => condition.type === finding.type);
  return {
    ...finding,
    lastTransitionTime: before?.status === finding.status ? before.lastTransitionTime : new Date(now).toISOString(),
    observedGeneration: stream.metadata.generation,
  };
}

/** The whole status of a LiveStream. A `show` that is not known any more (a restart) has ended. */
export function decideStatus(
  stream: LiveStream,
  observed: { keys: KeyDecision; show: ObservedShow | undefined; urls: Urls },
  now: number,
): LiveStreamStatus {
  const { keys, show, urls } = observed;
  const { namespace, name } = stream.metadata;
  const findings = [ready(stream, keys), live(show), ...(show ? sourceFindings(show) : [])];
  const startedAt = show ? new Date(show.startedAt).toISOString() : stream.status?.startedAt;
  const wasCutOff = !show && stream.status?.startedAt && !stream.status.endedAt;
  const endedAt = show
    ? show.endedAt && new Date(show.endedAt).toISOString()
    : wasCutOff
      ? new Date(now).toISOString()
      : stream.status?.endedAt;
  const source = show ? show.source : stream.status?.source;
  return {
    observedGeneration: stream.metadata.generation,
    phase: phaseOf(stream, keys, show),
    conditions: findings.map((finding) => toCondition(finding, stream, now)),
    ingest: { server: urls.rtmp, keyHashes: keys.hashes },
    playback: { hls: `${urls.http}/hls/${namespace}/${name}/master.m3u8` },
    ...(source ? { source } : {}),
    ...(startedAt ? { startedAt } : {}),
    ...(endedAt ? { endedAt } : {}),
  };
}
