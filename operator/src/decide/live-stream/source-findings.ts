import type { LiveStream } from '@showrunner/crds';
import type { ObservedShow } from './decide-status.ts';
import type { Finding } from './findings.ts';

type SourceType = 'FirstSegmentReady' | 'KeyframeIntervalTooLong' | 'BFramesDetected' | 'RenditionsMissing';

/** Above this, joining viewers wait long for their first picture. */
const LONG_KEYFRAME_INTERVAL_SECONDS = 4;

function firstSegment(seconds: number): Finding<'FirstSegmentReady'> {
  const message = `Playable ${seconds.toFixed(2)} s after its first media came.`;
  return { type: 'FirstSegmentReady', status: 'True', reason: 'MediaReady', message };
}

/** Whoever waits for the media of the next show does not take those of the last one for them. */
const MEDIA_ENDED: Finding<'FirstSegmentReady'> = {
  type: 'FirstSegmentReady',
  status: 'False',
  reason: 'ShowEnded',
  message: 'The show has ended.',
};

function longKeyframeInterval(seconds: number): Finding<'KeyframeIntervalTooLong'> | undefined {
  if (seconds <= LONG_KEYFRAME_INTERVAL_SECONDS) return undefined;
  const message = `Keyframes come up to ${seconds} s apart. In OBS set Keyframe Interval to 2 s, so that viewers join faster.`;
  return { type: 'KeyframeIntervalTooLong', status: 'True', reason: 'JoiningIsSlow', message };
}

const B_FRAMES: Finding<'BFramesDetected'> = {
  type: 'BFramesDetected',
  status: 'True',
  reason: 'LatencyAdded',
  message: 'The source has B-frames, which add latency. In OBS set Max B-frames to 0.',
};

const RENDITIONS_MISSING: Finding<'RenditionsMissing'> = {
  type: 'RenditionsMissing',
  status: 'True',
  reason: 'EncoderFailing',
  message:
    'ffmpeg cannot be run or fails again and again, so viewers get the source alone. The log of the transcoder says why.',
};

/** What a streamer should know about a show. What is not known (again) of the show in the status stays as it was found. */
export function sourceFindings(stream: LiveStream, show: ObservedShow): Finding<SourceType>[] {
  const isSameShow = stream.status.startedAt === new Date(show.startedAt).toISOString();
  const kept = (type: SourceType) =>
    isSameShow
      ? (stream.status.conditions?.find((condition) => condition.type === type) as Finding<SourceType>)
      : undefined;
  const { firstMediaSeconds, keyframeIntervalSeconds, hasBFrames, encoderFailing } = show;
  const findings = [
    show.state === 'ended'
      ? MEDIA_ENDED
      : firstMediaSeconds === undefined
        ? kept('FirstSegmentReady')
        : firstSegment(firstMediaSeconds),
    keyframeIntervalSeconds === undefined
      ? kept('KeyframeIntervalTooLong')
      : longKeyframeInterval(keyframeIntervalSeconds),
    hasBFrames === undefined ? kept('BFramesDetected') : hasBFrames ? B_FRAMES : undefined,
    encoderFailing === undefined ? kept('RenditionsMissing') : encoderFailing ? RENDITIONS_MISSING : undefined,
  ];
  return findings.filter((finding) => finding !== undefined);
}
