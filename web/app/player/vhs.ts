import type { MediaPlaylist } from './media-playlist.ts';

/**
 * The few parts of VHS (video.js' HLS engine, 3.17.5) that low latency needs to reach into. `playlists`, `xhr` and
 * `selectPlaylist` are documented; the segment loader is not, hence the pinned version.
 */
export interface Vhs {
  readonly playlists: PlaylistLoader;
  xhr: Xhr;
  /** Called for the quality to play next, after each append. */
  selectPlaylist: () => Variant | null | undefined;
  readonly playlistController_: {
    readonly mainSegmentLoader_: SegmentLoader;
    readonly mediaSource: MediaSource;
    /** Called for each playlist; `isLive` unless it has an end. */
    updateDuration: (isLive: boolean) => void;
    /** Told right before VHS moves the playhead to where it would begin. */
    on(event: 'firstplay', listener: () => void): void;
  };
}
/** What is played by: the video element, and the engine before it where the browser's own does not play. */
export interface Tech {
  readonly vhs?: Vhs;
  disposeSourceHandler(): void;
  /** Lets the element go of its source. */
  reset(): void;
}
/** A quality level; its segments are there once it has been loaded. */
export interface Variant extends MediaPlaylist {
  readonly id: string;
  readonly attributes?: {
    readonly BANDWIDTH?: number;
    readonly RESOLUTION?: { readonly width: number; readonly height: number };
  };
  /** Unix ms until which it must not be chosen, after an error. */
  readonly excludeUntil?: number;
}
export interface PlaylistLoader {
  readonly main?: { readonly playlists: readonly Variant[] };
  media(): Variant | undefined;
  on(event: 'loadedplaylist' | 'mediachange' | 'dispose', listener: () => void): void;
  trigger(event: 'mediaupdatetimeout'): void;
}
export interface SegmentLoader {
  /** What was appended last; null lets VHS guess from the playhead what to load. */
  mediaIndex: number | null;
  partIndex: number | null;
  /** The playlist that the next request is chosen from; another object after each refresh. */
  readonly playlist_?: Variant;
  readonly playlistOfLastInitSegment_: Record<'audio' | 'video', Variant | null>;
  /** Clears a span of the buffer, media seconds; an `end` of Infinity clears all. */
  remove: (start: number, end: number, done?: () => void, force?: boolean) => void;
  /** The playlist has ended, its last part is in the buffer, and the browser does not know yet. */
  isEndOfStream_(): boolean;
  /** Tells the browser that nothing more comes. */
  endOfStream(): void;
  on(event: 'appended' | 'segmentselected', listener: () => void): void;
}
export interface XhrOptions {
  readonly uri: string;
  readonly requestType?: string;
  /** Milliseconds; 0 waits for ever. */
  readonly timeout?: number;
}
/** `request.status` is 0 where nothing was answered. */
export type Xhr = (
  options: XhrOptions,
  callback: (error: Error | null, request: { readonly status: number }) => void,
) => unknown;
