import type { StreamFacts } from '@showrunner/ingest';
import type { ObservedShow } from './decide-status.ts';

/** What goes into a status of the facts that are measured each second: only what rarely changes. */
export function sourceFacts(
  facts: StreamFacts,
): Pick<ObservedShow, 'source' | 'keyframeIntervalSeconds' | 'hasBFrames'> {
  const { video, audio } = facts;
  const frameRate = video?.nominalFrameRate ?? video?.frameRate;
  return {
    source: {
      ...(video ? { video: video.codec, width: video.width, height: video.height } : {}),
      ...(frameRate === undefined ? {} : { frameRate: Math.round(frameRate * 100) / 100 }),
      ...(audio ? { audio: audio.codec } : {}),
    },
    keyframeIntervalSeconds:
      video?.keyframeIntervalMs === undefined ? undefined : Math.round(video.keyframeIntervalMs / 1000),
    hasBFrames: video?.bFrames,
  };
}
