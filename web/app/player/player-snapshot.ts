import type { AutoplayOutcome } from './autoplay.ts';
import type { LiveWindow } from './live-window.ts';

export type PlayerState = 'idle' | 'loading' | 'playing' | 'paused' | 'stalled' | 'ended';

export interface QualityLevel {
  readonly id: string;
  readonly height: number | undefined;
  readonly bandwidth: number;
}

/** What a page shows of a player. */
export interface PlayerSnapshot {
  readonly state: PlayerState;
  /** The source could not be loaded or broke off; load it again. */
  readonly failed: boolean;
  /** Whether a picture has been shown since the source was loaded. */
  readonly shown: boolean;
  /** Seconds between the world and the picture. */
  readonly latency: number | undefined;
  /** Whether the picture is live and held there. */
  readonly atLiveEdge: boolean;
  /** What can be seeked, and where the picture is in it. */
  readonly window: LiveWindow | undefined;
  /** How often the viewer was brought to the live edge because the moment they were at was gone. */
  readonly momentsLost: number;
  readonly playbackRate: number;
  readonly stallCount: number;
  readonly muted: boolean;
  /** From 0 to 1. */
  readonly volume: number;
  readonly autoplay: AutoplayOutcome;
  readonly levels: readonly QualityLevel[];
  /** The level that was chosen by hand; undefined for Auto. */
  readonly chosenLevel: string | undefined;
  /** Height of the picture in lines. */
  readonly height: number | undefined;
  readonly pictureInPicture: boolean;
}
