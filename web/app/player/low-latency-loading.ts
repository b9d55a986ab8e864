import { KeyframeTimes } from './keyframe-times.ts';
import {
  decodableAt,
  newestProgrammeTime,
  nextUpdate,
  programmeTimeAtEnd,
  playlistSeconds,
  type MediaPlaylist,
} from './media-playlist.ts';
import { PartTransport } from './part-transport.ts';
import { justBefore, listedParts } from './part-order.ts';
import type { Vhs, XhrOptions } from './vhs.ts';

export interface LowLatencyEvents {
  /** Playback begins: load from this media time on, in seconds. */
  startAt(mediaTime: number): void;
  /** A blocking reload brought media that ends at this programme time (Unix seconds), just now. */
  playlistArrived(newestEnd: number): void;
  /** The server answered a reload: with a list, be it the same, or with 503 where the show has not gone on in time. */
  reloadAnswered(): void;
  /** A part or segment is in the buffer that ends at this programme time. `caughtUp`: it is the newest. */
  appended(caughtUp: boolean, programmeEnd: number | undefined): void;
}

export interface LowLatencyLoading {
  /** The media time at or before `mediaTime` from which a picture decodes by itself; undefined without parts. */
  decodableAt(mediaTime: number): number | undefined;
}

/** How far behind the newest end a show is joined, in parts: the controller finds the rest within moments. */
const JOIN_BEHIND_PARTS = 3;
/** Seconds into a part that are surely in it, whatever sums of durations come to. */
const INSIDE = 0.01;
/** A server may hold a reload for so many target durations before it answers 503 (RFC 8216bis 6.2.5.2). */
const MOST_HELD_TARGETS = 3;
/** What a reload may take beyond that. */
const ANSWER_MS = 4_000;

/**
 * Makes VHS load with low latency. By itself it
 * - waits a part's duration after each playlist before it asks for the next, which adds half a part on average: the
 *   blocking reload is sent at once instead, one at a time;
 * - asks for the part after a finished segment under the finished segment's number, which is answered at once with
 *   nothing new: the directives are computed here;
 * - takes a segment that is still growing for a whole one, so it starts beyond the newest media, and starts at parts
 *   that do not decode by themselves: the starting point is computed here;
 * - fetches one part at a time, after its playlist: see PartTransport;
 * - appends the init segment again whenever the playlist was refreshed since, because it compares playlists as objects;
 *   the browser then drops all up to the next keyframe: a refresh of the same playlist counts as the same here;
 * - notices the end of a show only after an append, and waits for ever where the last part was in the buffer before;
 * - cuts the presentation, at the end of a show, to what was in the buffer before the last part came, which the browser refuses:
 *   the end of the stream sets its length;
 * - clears the buffer up to the start of the playlist, even where the picture hangs on an older keyframe;
 * - changes quality in the middle of a group of pictures, which leaves a gap: it may at the end of a segment only.
 */
export function loadWithLowLatency(
  vhs: Vhs,
  options: {
    readonly seekableStart: () => number | undefined;
    readonly currentTime: () => number;
    readonly bufferedEnd: () => number | undefined;
    readonly chosenLevel: () => string | undefined;
  },
  events: LowLatencyEvents,
): LowLatencyLoading {
  const { playlists, playlistController_: controller } = vhs;
  const segmentLoader = controller.mainSegmentLoader_;
  const transport = new PartTransport();

  const send = vhs.xhr;
  vhs.xhr = Object.assign<typeof send, typeof send>((request, callback) => {
    const media = playlists.media();
    if (!media) return send(request, callback);
    if (request.requestType === 'hls-playlist') {
      return send(withDirectives(request, media), (error, reload) => {
        if (isAnswer(reload.status)) events.reloadAnswered();
        callback(error, reload);
      });
    }
    const isPart = listedParts(media).some(({ resolvedUri }) => resolvedUri === request.uri);
    if (request.requestType !== 'segment' || !isPart) return send(request, callback);
    const part = transport.request(request, callback);
    transport.playlistArrived(media);
    return part;
  }, send);

  const selectByBandwidth = vhs.selectPlaylist;
  vhs.selectPlaylist = () => {
    const current = playlists.media();
    const usable = (level: typeof current) => level !== undefined && !((level.excludeUntil ?? 0) > Date.now());
    if (current && usable(current) && !atSegmentEnd(current, segmentLoader.mediaIndex, segmentLoader.partIndex)) {
      return current;
    }
    const chosen = playlists.main?.playlists.find(({ id }) => id === options.chosenLevel());
    return usable(chosen) ? chosen : selectByBandwidth();
  };

  /** The last part at or before a media time that decodes by itself. */
  const decodable = (mediaTime: (start: number, media: MediaPlaylist) => number) => {
    const media = playlists.media();
    const start = options.seekableStart();
    if (!media?.partTargetDuration || media.endList || start === undefined) return undefined;
    const position = decodableAt(media, mediaTime(start, media) - start);
    return { media, position, time: start + position.start + INSIDE };
  };
  controller.on('firstplay', () => {
    // After VHS has moved the playhead, before it begins to load.
    queueMicrotask(() => {
      const found = decodable((start, media) => start + playlistSeconds(media) - joinBehind(media));
      if (found) events.startAt(found.time);
    });
  });
  playlists.on('mediachange', () => {
    const found = decodable(() => options.bufferedEnd() ?? options.currentTime());
    const before = found && justBefore(found.media, found.position);
    if (before) Object.assign(segmentLoader, before);
  });

  const updateDuration = controller.updateDuration.bind(controller);
  controller.updateDuration = (isLive) => {
    if (isLive || Number.isNaN(controller.mediaSource.duration)) updateDuration(isLive);
  };

  const endWithLastPart = () => {
    if (segmentLoader.isEndOfStream_()) segmentLoader.endOfStream();
  };

  let lastUpdate = '';
  playlists.on('loadedplaylist', () => {
    const media = playlists.media();
    // After the listeners of VHS, which hand the playlist to the segment loader, have run.
    if (media?.endList) queueMicrotask(endWithLastPart);
    if (!media || media.endList || media.serverControl?.canBlockReload !== true) return;
    transport.playlistArrived(media);
    const newestEnd = newestProgrammeTime(media);
    if (newestEnd !== undefined) events.playlistArrived(newestEnd);
    // A proxy that answers the blocking reload with what it has must not be asked as fast as it answers.
    const { msn, part } = nextUpdate(media);
    const update = `${media.resolvedUri} ${msn} ${part}`;
    if (update === lastUpdate) return;
    lastUpdate = update;
    queueMicrotask(() => playlists.trigger('mediaupdatetimeout'));
  });
  playlists.on('dispose', () => transport.close());

  segmentLoader.on('segmentselected', () => {
    const { playlist_: refreshed, playlistOfLastInitSegment_: initialised } = segmentLoader;
    if (!refreshed) return;
    if (initialised.video?.id === refreshed.id) initialised.video = refreshed;
    if (initialised.audio?.id === refreshed.id) initialised.audio = refreshed;
  });

  const keyframes = new KeyframeTimes();
  const remove = segmentLoader.remove.bind(segmentLoader);
  segmentLoader.remove = (start, end, ...rest) => {
    if (end === Infinity) keyframes.clear();
    remove(start, end === Infinity ? end : keyframes.removableUntil(end, options.currentTime()), ...rest);
  };

  segmentLoader.on('appended', () => {
    const media = playlists.media();
    const { mediaIndex, partIndex } = segmentLoader;
    if (!media || mediaIndex === null) return;
    const segment = media.segments[mediaIndex];
    const part = partIndex === null ? undefined : segment?.parts?.[partIndex];
    const end = options.bufferedEnd();
    if (segment && end !== undefined && (!part || part.independent === true)) {
      keyframes.appended(end - (part?.duration ?? segment.duration));
    }
    const isLast = mediaIndex === media.segments.length - 1;
    const caughtUp = isLast && isLastPart(media, mediaIndex, partIndex);
    events.appended(caughtUp, programmeTimeAtEnd(media, mediaIndex, partIndex));
    // VHS goes by the playlist that the request came from, which may be older than the end.
    endWithLastPart();
  });
  return { decodableAt: (mediaTime) => decodable(() => mediaTime)?.time };
}

/** Seconds from one answer to the next at most, the pause of VHS after a refusal included: without one for longer, the server is away. */
export function answersWithin({ targetDuration }: MediaPlaylist): number {
  return (MOST_HELD_TARGETS + 1) * targetDuration + ANSWER_MS / 1_000;
}

function isAnswer(status: number): boolean {
  return status === 200 || status === 503;
}

/**
 * A blocking reload that waits for the right part. Also the first request for another quality waits: until that quality
 * has begun the segment that this one is in, since encoded qualities come a moment after the source. The playlists are
 * short, so a delta would cost more than it saves.
 */
function withDirectives(request: XhrOptions, media: MediaPlaylist): XhrOptions {
  if (media.serverControl?.canBlockReload !== true || media.endList) return request;
  const uri = new URL(request.uri);
  const { msn, part } = nextUpdate(media);
  const isReload = uri.searchParams.has('_HLS_msn');
  uri.searchParams.set('_HLS_msn', String(msn));
  if (media.partTargetDuration !== undefined) uri.searchParams.set('_HLS_part', String(isReload ? part : 0));
  uri.searchParams.delete('_HLS_skip');
  // VHS would wait for 45 s, and keep the player in memory for as long after its page was left.
  const timeout = MOST_HELD_TARGETS * media.targetDuration * 1_000 + ANSWER_MS;
  return { ...request, uri: uri.href, timeout };
}

/**
 * Whether the segment loader, which counts an append after it has asked for the quality, had come to the end of a
 * segment before it: the append that just ended then began the next one.
 */
function atSegmentEnd(media: MediaPlaylist, mediaIndex: number | null, partIndex: number | null): boolean {
  if (mediaIndex === null) return true;
  return media.segments[mediaIndex]?.preload !== true && isLastPart(media, mediaIndex, partIndex);
}

function joinBehind({ partTargetDuration = 0 }: MediaPlaylist): number {
  return JOIN_BEHIND_PARTS * partTargetDuration;
}

function isLastPart(media: MediaPlaylist, mediaIndex: number, partIndex: number | null): boolean {
  const parts = media.segments[mediaIndex]?.parts?.length ?? 0;
  return parts === 0 || partIndex === null || partIndex === parts - 1;
}
