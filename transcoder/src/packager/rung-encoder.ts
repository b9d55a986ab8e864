import type { LiveStreamSpec } from '@showrunner/crds';
import type { FLV_AUDIO, FLV_VIDEO, StreamRef } from '@showrunner/service-kit';
import type { MediaSample, TrackConfigs } from './media-sample.ts';

/** A tag of the show after its timeline was repaired: the time never goes back, jumps or wraps. */
export interface ShowTag {
  readonly type: typeof FLV_AUDIO | typeof FLV_VIDEO;
  /** Milliseconds from the start of the show, not bounded to 32 bits; fractions occur. */
  readonly timestampMs: number;
  /** Body of the FLV tag: sequence headers come first and again whenever they change. */
  readonly payload: Buffer;
  /** The picture comes another time, from the last keyframe on, because decoders have since seen others. */
  readonly replay?: Replay;
}

/** A picture that is decoded again and, except the one that stays on the screen, not shown again. */
export interface Replay {
  /** Milliseconds from the start of the show, when it came first. */
  readonly sentMs: number;
  /** Of the one that is shown: when. */
  readonly presentationMs?: number;
}

/** What the master playlist says of an encoded rendition before anything of it was measured. */
export interface Rung {
  /** A URL segment such as 720p, unique within the show and never `source`. */
  readonly name: string;
  /** Of the whole rendition, audio included, in bits per second. */
  readonly bandwidth: number;
  /** RFC 6381 codecs that the rendition will have. */
  readonly codecs: string;
  readonly width: number;
  readonly height: number;
  readonly frameRate: number | undefined;
}

/** Where an encoder hands over what comes out of it. Calls are synchronous; unknown rung names are a mistake. */
export interface RungOutput {
  /** Before a rung's first sample, and again where its parameter sets changed. */
  config(rung: string, configs: TrackConfigs): void;
  /**
   * Samples per track in decode order, on the same timeline as the tags that went in: a picture keeps its
   * presentation time. Keyframes stand wherever the tags had one, and at the first picture shown after a keyframe
   * that was not.
   */
  sample(rung: string, sample: MediaSample): void;
  /** The rung cannot be encoded on this machine: nothing of it came, and nothing will. */
  end(rung: string): void;
}

/** Encodes the rungs of one show. It mends itself: a child that dies or hangs is started anew with back-off. */
export interface RungEncoder {
  /** What is or will be encoded: none, once it has turned out that nothing can be. */
  readonly rungs: readonly Rung[];
  /** Nothing comes of it for now, and not because it has only begun: its child cannot be run or fails again and again. */
  readonly failing: boolean;
  /** Never throws and never blocks; what cannot be taken in time is dropped and counted by the encoder. */
  tag(tag: ShowTag): void;
  /** No output comes after this was called. Idempotent. */
  close(): Promise<void>;
}

/**
 * Made once per show, when the configs of its tracks are known. `undefined` where there is nothing to encode (ladder
 * `none`, a source without video, or no rung below the source).
 */
export type RungEncoderFactory = (show: {
  readonly stream: StreamRef;
  readonly transcode: LiveStreamSpec['transcode'];
  readonly source: TrackConfigs;
  /** Frames per second, measured where the stream does not say; `undefined` without video. */
  readonly frameRate: number | undefined;
  /** The show's first milliseconds come all at once: that they wait is no sign of a slow encoder. */
  readonly replayedMs: number;
  readonly output: RungOutput;
}) => RungEncoder | undefined;
