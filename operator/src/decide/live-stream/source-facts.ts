import type { StreamFacts } from '@showrunner/service-kit';
import type { ObservedShow } from './decide-status.ts';

/** A measured frame rate that strays less than this from the one known is the same one. */
const SAME_FRAME_RATE = 0.2;
/** Another one is told after it was measured so many times in a row: a network that hesitates looks like one for a moment. */
const HELD_TIMES = 10;

/**
 * What goes into a status of the facts that are measured each second: only what rarely changes. So a frame rate that the
 * stream does not state itself is kept until another one has held, of keyframe intervals the longest of this publisher counts
 * (encoders left to themselves put keyframes wherever the picture changes), and B-frames once seen count until it leaves.
 */
export function sourceFacts(
  facts: StreamFacts,
  before: ObservedShow,
): Pick<ObservedShow, 'source' | 'otherFrameRate' | 'keyframeIntervalSeconds' | 'hasBFrames'> {
  const { video, audio } = facts;
  const stated = video?.nominalFrameRate;
  const { frameRate, otherFrameRate } = stated ? { frameRate: stated } : steadied(video?.frameRate, before);
  const intervals = [before.keyframeIntervalSeconds, video?.keyframeIntervalMs && video.keyframeIntervalMs / 1000];
  const longest = Math.round(Math.max(...intervals.map((seconds) => seconds ?? 0)));
  return {
    source: {
      ...(video ? pictureOf(video) : {}),
      ...(!video || frameRate === undefined ? {} : { frameRate: Math.round(frameRate * 100) / 100 }),
      ...(audio ? { audio: audio.codec } : {}),
    },
    otherFrameRate,
    keyframeIntervalSeconds: longest > 0 ? longest : undefined,
    hasBFrames: before.hasBFrames || video?.bFrames,
  };
}

function pictureOf({ codec, width, height }: NonNullable<StreamFacts['video']>) {
  return { video: codec, width, height, resolution: `${width}x${height}` };
}

/** What is known of a show when another publisher takes it on. */
export function ofAnotherPublisher(show: ObservedShow): ObservedShow {
  return { ...show, otherFrameRate: undefined, keyframeIntervalSeconds: undefined, hasBFrames: undefined };
}

const isSame = (one: number, other: number | undefined) =>
  other !== undefined && Math.abs(one - other) < other * SAME_FRAME_RATE;

/** The frame rate to tell, and one that has to hold before it is. Nothing is measured while nothing comes. */
function steadied(
  measured: number | undefined,
  { source, otherFrameRate: other }: ObservedShow,
): { frameRate: number | undefined; otherFrameRate?: ObservedShow['otherFrameRate'] } {
  const known = source?.frameRate;
  const rate = Math.round(measured ?? 0);
  if (rate === 0 || isSame(rate, known)) return { frameRate: known };
  const times = isSame(rate, other?.rate) ? other!.times + 1 : 1;
  if (known === undefined || times >= HELD_TIMES) return { frameRate: rate };
  return { frameRate: known, otherFrameRate: { rate, times } };
}
