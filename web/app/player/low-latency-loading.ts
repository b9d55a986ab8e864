import { newestProgrammeTime, nextUpdate, startingPoint, type MediaPlaylist } from './media-playlist.ts';
import type { Vhs } from './vhs.ts';

export interface LowLatencyEvents {
  /** The first media playlist is there: begin loading at this media time, in seconds. */
  startAt(mediaTime: number): void;
  /** A blocking reload brought media that ends at this programme time (Unix seconds), just now. */
  playlistArrived(newestEnd: number): void;
  /** A part or segment is in the buffer. `caughtUp`: it was the newest that is listed. */
  appended(caughtUp: boolean, newestEnd: number | undefined): void;
}

/** How far behind the newest end a show is joined, in parts: the controller finds the rest within moments. */
const JOIN_BEHIND_PARTS = 3;

/**
 * Makes VHS load with low latency. By itself it
 * - waits a part's duration after each playlist before it asks for the next, which adds half a part on average: the
 *   blocking reload is sent at once instead, one at a time;
 * - asks for the part after a finished segment under the finished segment's number, which is answered at once with
 *   nothing new: the directives are computed here;
 * - takes a segment that is still growing for a whole one, so it starts beyond the newest media, and starts at parts
 *   that do not decode by themselves: the starting point is computed here.
 */
export function loadWithLowLatency(vhs: Vhs, seekableStart: () => number | undefined, events: LowLatencyEvents): void {
  const { playlists } = vhs;
  const segmentLoader = vhs.playlistController_.mainSegmentLoader_;

  vhs.xhr.onRequest((options) => {
    const media = playlists.media();
    const blocking = options.requestType === 'hls-playlist' && options.uri.includes('_HLS_msn=');
    if (!blocking || !media) return options;
    const uri = new URL(options.uri);
    const { msn, part } = nextUpdate(media);
    uri.searchParams.set('_HLS_msn', String(msn));
    if (media.partTargetDuration !== undefined) uri.searchParams.set('_HLS_part', String(part));
    // The playlists are short; a delta would cost more to merge than it saves.
    uri.searchParams.delete('_HLS_skip');
    return { ...options, uri: uri.href };
  });

  playlists.on('loadedmetadata', () => {
    const media = playlists.media();
    const start = seekableStart();
    if (!media?.partTargetDuration || media.endList || start === undefined) return;
    events.startAt(start + startingPoint(media, JOIN_BEHIND_PARTS * media.partTargetDuration));
  });

  playlists.on('loadedplaylist', () => {
    const media = playlists.media();
    if (!media || media.endList || media.serverControl?.canBlockReload !== true) return;
    const newestEnd = newestProgrammeTime(media);
    if (newestEnd !== undefined) events.playlistArrived(newestEnd);
    // After the listeners of VHS, which hand the playlist to the segment loader, have run.
    queueMicrotask(() => playlists.trigger('mediaupdatetimeout'));
  });

  segmentLoader.on('appended', () => {
    const media = playlists.media();
    if (!media) return;
    const caughtUp = isNewest(media, segmentLoader.mediaIndex, segmentLoader.partIndex);
    events.appended(caughtUp, caughtUp ? newestProgrammeTime(media) : undefined);
  });
}

function isNewest(media: MediaPlaylist, mediaIndex: number | null, partIndex: number | null): boolean {
  const lastParts = media.segments.at(-1)?.parts?.length ?? 0;
  return mediaIndex === media.segments.length - 1 && (lastParts === 0 || partIndex === lastParts - 1);
}
