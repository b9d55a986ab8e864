import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveStream, LiveStreamSpec } from '@showrunner/crds';
import { streamId, type FlvSource, type StreamRef } from '@showrunner/service-kit';
import { Origin } from '../origin/origin.ts';
import { ShowPages } from '../origin/show-pages.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import type { RungEncoderFactory } from '../packager/rung-encoder.ts';
import type { GapFillerOptions } from '../timeline/gap-filler.ts';
import { LiveShow } from './live-show.ts';

export interface TranscoderEvents {
  /** A publisher has begun the first part of a show. */
  showStarted?(stream: StreamRef): void;
  /** The show can be played; seconds since its publisher started. */
  firstSegment?(stream: StreamRef, seconds: number): void;
  sourceChanged?(stream: StreamRef, source: TrackConfigs): void;
  showEnded?(stream: StreamRef): void;
}

export interface TranscoderOptions {
  readonly source: FlvSource;
  readonly events?: TranscoderEvents;
  /** Without it a show has its source rendition alone. */
  readonly createEncoder?: RungEncoderFactory;
  /** Without it a gap shows the last keyframe instead of the last picture. */
  readonly frozenFrames?: GapFillerOptions['frozenFrames'];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How long a show can be read after its end, in milliseconds. */
  readonly keepEndedMs?: number;
  /** Requests that may wait for one rendition at a time. */
  readonly waitersPerRendition?: number;
}

export interface Transcoder {
  /** Serves this stream from now on; settings that changed hold from its next show on. */
  setStream(stream: LiveStream): void;
  /** Ends the stream's show and forgets it. */
  removeStream(stream: StreamRef): void;
  /** Answers requests below `/hls/`; false for all others. */
  origin(request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends every show: playlists say so, and whoever waits is answered. Idempotent. */
  close(): Promise<void>;
}

const KEEP_ENDED_MS = 60_000;
const WAITERS_PER_RENDITION = 20_000;
/** Media sequence numbers grow by this many per second from show to show, faster than any show makes segments. */
const NUMBERS_PER_MS = 1 / 500;

interface StreamEntry {
  readonly stream: StreamRef;
  transcode: LiveStreamSpec['transcode'];
  subscription: { close(): void };
  pages: ShowPages | undefined;
  forget: NodeJS.Timeout | undefined;
  lastMsn: number;
}

export function createTranscoder(options: TranscoderOptions): Transcoder {
  const now = options.now ?? Date.now;
  const entries = new Map<string, StreamEntry>();
  const ending = new Set<Promise<void>>();
  const origin = new Origin({ find: (stream) => entries.get(stream)?.pages, now });

  function beginShow(entry: StreamEntry): LiveShow {
    clearTimeout(entry.forget);
    const { stream } = entry;
    const startedMs = now();
    let playable = false;
    const show = new LiveShow({
      stream,
      transcode: entry.transcode,
      firstMsn: Math.max(Math.floor(startedMs * NUMBERS_PER_MS), entry.lastMsn + 1),
      now,
      frozenFrames: options.frozenFrames ?? (() => undefined),
      createEncoder: options.createEncoder,
      sourceChanged: (source) => options.events?.sourceChanged?.(stream, source),
      renditionChanged: (rendition) => {
        pages.changed(rendition);
        if (playable || rendition !== show.source || (rendition.window.last?.parts.length ?? 0) === 0) return;
        playable = true;
        options.events?.firstSegment?.(stream, (now() - startedMs) / 1000);
      },
    });
    const pages = new ShowPages(show, {
      now,
      waitersPerRendition: options.waitersPerRendition ?? WAITERS_PER_RENDITION,
    });
    entry.pages = pages;
    options.events?.showStarted?.(stream);
    return show;
  }

  function endShow(entry: StreamEntry): void {
    const show = entry.pages?.show;
    if (!show || show.ended) return;
    entry.lastMsn = show.source.window.last?.msn ?? entry.lastMsn;
    const ended = show.end().finally(() => ending.delete(ended));
    ending.add(ended);
    entry.forget = setTimeout(() => (entry.pages = undefined), options.keepEndedMs ?? KEEP_ENDED_MS).unref();
    options.events?.showEnded?.(entry.stream);
  }

  function remove(entry: StreamEntry): void {
    entry.subscription.close();
    endShow(entry);
    clearTimeout(entry.forget);
    entries.delete(streamId(entry.stream));
  }

  return {
    setStream({ metadata: { namespace, name }, spec: { transcode } }) {
      const known = entries.get(`${namespace}/${name}`);
      if (known) {
        known.transcode = transcode;
        return;
      }
      const entry: StreamEntry = {
        stream: { namespace, name },
        transcode,
        subscription: { close: () => undefined },
        pages: undefined,
        forget: undefined,
        lastMsn: 0,
      };
      entries.set(streamId(entry.stream), entry);
      const running = () => (entry.pages?.show.ended === false ? entry.pages.show : undefined);
      entry.subscription = options.source.subscribe(entry.stream, {
        publisherStarted: () => (running() ?? beginShow(entry)).publisherStarted(),
        tag: (tag) => running()?.tag(tag),
        publisherStopped: () => running()?.publisherStopped(),
        showEnded: () => endShow(entry),
      });
    },
    removeStream(stream) {
      const entry = entries.get(streamId(stream));
      if (entry) remove(entry);
    },
    origin: (request, response) => origin.handle(request, response),
    async close() {
      for (const entry of entries.values()) {
        entry.subscription.close();
        endShow(entry);
        clearTimeout(entry.forget);
      }
      await Promise.all(ending);
    },
  };
}
