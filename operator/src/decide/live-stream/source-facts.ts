import type { StreamFacts } from '@showrunner/service-kit';
import type { ObservedShow } from './decide-status.ts';

/** A measured frame rate that strays less than this from the one known is the same one. */
const SAME_FRAME_RATE = 0.2;

/**
 * What goes into a status of the facts that are measured each second: only what rarely changes. So a frame rate that the
 * stream does not state itself is kept while it only wavers, and of keyframe intervals the longest of this publisher counts
 * (encoders left to themselves put keyframes wherever the picture changes).
 */
export function sourceFacts(
  facts: StreamFacts,
  before: ObservedShow,
): Pick<ObservedShow, 'source' | 'keyframeIntervalSeconds' | 'hasBFrames'> {
  const { video, audio } = facts;
  const frameRate = video && (video.nominalFrameRate ?? steadied(video.frameRate, before.source?.frameRate));
  const intervals = [before.keyframeIntervalSeconds, video?.keyframeIntervalMs && video.keyframeIntervalMs / 1000];
  const longest = Math.round(Math.max(...intervals.map((seconds) => seconds ?? 0)));
  return {
    source: {
      ...(video ? { video: video.codec, width: video.width, height: video.height } : {}),
      ...(frameRate === undefined ? {} : { frameRate: Math.round(frameRate * 100) / 100 }),
      ...(audio ? { audio: audio.codec } : {}),
    },
    keyframeIntervalSeconds: longest > 0 ? longest : undefined,
    hasBFrames: video?.bFrames,
  };
}

function steadied(measured: number | undefined, known: number | undefined): number | undefined {
  if (measured === undefined) return known;
  const isSame = known !== undefined && Math.abs(measured - known) < known * SAME_FRAME_RATE;
  return isSame ? known : Math.round(measured);
}
