import type { MediaPlaylist } from './media-playlist.ts';

/**
 * The few parts of VHS (video.js' HLS engine, 3.17.5) that low latency needs to reach into. `playlists`, `xhr` and
 * `representations` are documented; the segment loader is not, hence the pinned version.
 */
export interface Vhs {
  readonly playlists: PlaylistLoader;
  readonly xhr: { onRequest(hook: (options: XhrOptions) => XhrOptions): void };
  readonly representations?: () => Representation[];
  readonly playlistController_: { readonly mainSegmentLoader_: SegmentLoader };
}
export interface PlaylistLoader {
  media(): (MediaPlaylist & { readonly attributes?: { readonly RESOLUTION?: { height: number } } }) | undefined;
  on(event: 'loadedmetadata' | 'loadedplaylist', listener: () => void): void;
  trigger(event: 'mediaupdatetimeout'): void;
}
export interface SegmentLoader {
  readonly mediaIndex: number | null;
  readonly partIndex: number | null;
  on(event: 'appended', listener: () => void): void;
}
export interface XhrOptions {
  uri: string;
  readonly requestType?: string;
}
export interface Representation {
  readonly id: string;
  readonly width?: number;
  readonly height?: number;
  readonly bandwidth?: number;
  enabled(value?: boolean): boolean;
}
