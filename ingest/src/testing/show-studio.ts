import { createLogger, FLV_VIDEO, type FlvSink, type SubscribeOptions } from '@showrunner/service-kit';
import type { AdmissionPolicy } from '../admission/admission.ts';
import { Shows } from '../shows/shows.ts';

export const stream = { namespace: 'default', name: 'live' };
const policy: AdmissionPolicy = { takeover: 'newest', reconnectGraceMs: 20_000, idleTimeoutMs: 10_000 };
const logger = createLogger({ name: 'test', level: 'silent' });

export const REPLAY_BYTES = 100;

export const METADATA = Buffer.from('metadata');
export const VIDEO_HEADER = Buffer.from([0x17, 0, 0, 0, 0, 1]);
export const AUDIO_HEADER = Buffer.from([0xaf, 0, 1]);
export const KEYFRAME = Buffer.from([0x17, 1, 0, 0, 0, 2]);
export const FRAME = Buffer.from([0x27, 1, 0, 0, 0, 3]);
export const SOUND = Buffer.from([0xaf, 1, 2]);
/** What a reader is said to have heard. */
export const NAMES = new Map<Buffer, string>([
  [METADATA, 'metadata'],
  [VIDEO_HEADER, 'video header'],
  [AUDIO_HEADER, 'audio header'],
  [KEYFRAME, 'keyframe'],
  [FRAME, 'frame'],
  [SOUND, 'sound'],
]);

/** The show of one stream, with a clock that the test moves. */
export function showStudio(replayBytes = REPLAY_BYTES) {
  const clock = { now: 0, date: 1_000_000 };
  /** What is said of a show that another process had. */
  const left: { since?: number } = {};
  const shows = new Shows({
    logger,
    now: () => clock.now,
    date: () => clock.date,
    leftSince: () => left.since,
    replayBytes,
  });
  return {
    shows,
    left,
    pass: (ms: number) => {
      clock.now += ms;
      clock.date += ms;
      shows.sweep();
    },
    /** Sets the clock that may be set. */
    setDate: (date: number) => {
      clock.date = date;
      shows.sweep();
    },
    /** A publisher, and whether it has been told that it was replaced. */
    publish: (own: Partial<AdmissionPolicy> = {}) => {
      const told = { replaced: false };
      const publisher = shows.publish(stream, { replaced: () => (told.replaced = true) }, { ...policy, ...own });
      return { told, publisher: publisher! };
    },
    /** A reader, and the words that it heard. */
    read: (options?: SubscribeOptions) => {
      const heard: string[] = [];
      const sink: FlvSink = {
        publisherStarted: (_since, behindMs) => void heard.push(behindMs ? `started ${behindMs} ms ago` : 'started'),
        tag: (tag) => void heard.push(NAMES.get(tag.payload) ?? 'unknown'),
        publisherStopped: (reason) => void heard.push(`stopped: ${reason}`),
        showEnded: (reason) => void heard.push(`ended: ${reason}`),
      };
      return { heard, subscription: shows.subscribe(stream, sink, options) };
    },
  };
}

/** The same with a publisher that has sent a keyframe. */
export function onAir(replayBytes?: number) {
  const studio = showStudio(replayBytes);
  const { publisher } = studio.publish();
  publisher.media(FLV_VIDEO, 0, VIDEO_HEADER);
  publisher.media(FLV_VIDEO, 0, KEYFRAME);
  return { ...studio, publisher };
}
