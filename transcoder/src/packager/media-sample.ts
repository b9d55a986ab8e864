import type { AacConfig, AvcConfig } from '@showrunner/service-kit/flv';

export type Track = 'video' | 'audio';

/** One frame on the show's timeline. */
export interface MediaSample {
  readonly track: Track;
  /** Decode time in milliseconds from the start of the show; fractions are welcome. */
  readonly dtsMs: number;
  /** Presentation time less decode time, in milliseconds; may be negative. Zero for audio. */
  readonly ctsMs: number;
  /** A player may start here. True for every audio frame. */
  readonly keyframe: boolean;
  /** How long it is shown, where that is known before the next frame comes; for video only. */
  readonly durationMs?: number;
  /** It was sent before, and decoders are led through it again. */
  readonly replayed?: boolean;
  /** Length-prefixed NAL units (AVCC) or one raw AAC frame. Kept, sliced, never written to. */
  readonly payload: Buffer;
}

/** What a rendition consists of: one track or both. */
export interface TrackConfigs {
  readonly video?: AvcConfig;
  readonly audio?: AacConfig;
}
