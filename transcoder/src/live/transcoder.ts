import type { LiveStream, LiveStreamSpec } from '@showrunner/crds';
import { streamId, type FlvSource, type Logger, type Registry, type StreamRef } from '@showrunner/service-kit';
import { createRungEncoderFactory } from '../encoder/create-rung-encoder.ts';
import type { Exchange } from '../origin/exchange.ts';
import { Origin } from '../origin/origin.ts';
import { ShowPages } from '../origin/show-pages.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import { LiveShow } from './live-show.ts';
import { TranscoderMetrics } from './metrics.ts';

export interface TranscoderOptions {
  readonly source: FlvSource;
  /** Path or name of the ffmpeg program that encodes the rungs below the source. */
  readonly ffmpeg: string;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Milliseconds since the epoch, for dates. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never leaps with the time of day, for all that waits. */
  readonly monotonicMs?: () => number;
}

/** A show can be played; seconds since its publisher started. */
export type FirstMediaListener = (stream: StreamRef, seconds: number) => void;

export interface Transcoder {
  /** Serves this stream from now on; settings that changed hold from its next show on. */
  setStream(stream: LiveStream): void;
  /** Ends the stream's show and forgets it. */
  removeStream(stream: StreamRef): void;
  onFirstMedia(listener: FirstMediaListener): void;
  /** Answers requests below `/hls/`; false for all others. */
  origin(exchange: Exchange): boolean;
  /** Ends every show: playlists say so, and whoever waits is answered. Idempotent. */
  close(): Promise<void>;
}

/** How long a show can be read after its end. */
const KEEP_ENDED_MS = 60_000;
/** Requests that may wait for one rendition at a time. */
const WAITERS_PER_RENDITION = 20_000;
/** An encoder that is fed but gives nothing for this long hangs. */
const ENCODER_HANG_MS = 10_000;
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

function describe({ video, audio }: TrackConfigs): Record<string, unknown> {
  return {
    ...(video && { video: video.codec, size: `${video.width}x${video.height}`, frameRate: video.frameRate }),
    ...(audio && { audio: audio.codec, sampleRate: audio.sampleRate, channels: audio.channels }),
  };
}

export function createTranscoder(options: TranscoderOptions): Transcoder {
  const { source, logger, registry, now = Date.now, monotonicMs = () => performance.now() } = options;
  const metrics = new TranscoderMetrics(registry);
  const encoderConfig = { ffmpegPath: options.ffmpeg, hangTimeoutMs: ENCODER_HANG_MS };
  const createEncoder = createRungEncoderFactory(encoderConfig, { logger, registry, now: monotonicMs });
  const listeners: FirstMediaListener[] = [];
  const entries = new Map<string, StreamEntry>();
  const ending = new Set<Promise<void>>();
  const origin = new Origin({ find: (stream) => entries.get(stream)?.pages, now: monotonicMs });

  function beginShow(entry: StreamEntry): LiveShow {
    clearTimeout(entry.forget);
    const { stream } = entry;
    const log = logger.child({ stream: streamId(stream) });
    const startedMs = monotonicMs();
    let playable = false;
    const show = new LiveShow({
      stream,
      transcode: entry.transcode,
      firstMsn: Math.max(Math.floor(now() * NUMBERS_PER_MS), entry.lastMsn + 1),
      now,
      monotonicMs,
      createEncoder,
      filledMs: (ms) => metrics.filled(ms),
      renditionChanged: (rendition) => {
        pages.changed(rendition);
        if (playable || rendition !== show.source || !pages.isPlayable(rendition)) return;
        playable = true;
        const seconds = (monotonicMs() - startedMs) / 1000;
        log.info({ seconds, source: describe(show.configs) }, 'show can be played');
        metrics.playable(seconds);
        for (const listener of listeners) listener(stream, seconds);
      },
    });
    const pages = new ShowPages(show, { now: monotonicMs, waitersPerRendition: WAITERS_PER_RENDITION });
    entry.pages = pages;
    metrics.started();
    log.info('show starts');
    return show;
  }

  function endShow(entry: StreamEntry): void {
    const show = entry.pages?.show;
    if (!show || show.ended) return;
    entry.lastMsn = show.source.window.last?.msn ?? entry.lastMsn;
    const log = logger.child({ stream: streamId(entry.stream) });
    const ended = show
      .end()
      .catch((err: unknown) => log.error({ err }, 'the show did not end cleanly'))
      .finally(() => ending.delete(ended));
    ending.add(ended);
    entry.forget = setTimeout(() => (entry.pages = undefined), KEEP_ENDED_MS).unref();
    metrics.ended();
    log.info('show ended');
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
      entry.subscription = source.subscribe(entry.stream, {
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
    onFirstMedia: (listener) => void listeners.push(listener),
    origin: (exchange) => origin.handle(exchange),
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
