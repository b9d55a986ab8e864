import type { LiveStream, LiveStreamSpec } from '@showrunner/crds';
import {
  streamId,
  type FlvSink,
  type FlvSource,
  type Logger,
  type Registry,
  type StreamRef,
  type TranscoderState,
} from '@showrunner/service-kit';
import { createRungEncoderFactory } from '../encoder/create-rung-encoder.ts';
import type { Exchange } from '../origin/exchange.ts';
import { Origin } from '../origin/origin.ts';
import { ShowPages } from '../origin/show-pages.ts';
import type { TrackConfigs } from '../packager/media-sample.ts';
import { firstNumbers, type LastNumbers } from './first-numbers.ts';
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
  /** The stream's running show, or the last one for as long as it can be read; `undefined` for a stream that was not set. */
  state(stream: StreamRef): TranscoderState | undefined;
  /** How long ago the stream's last show ended, in milliseconds; infinite where none has. */
  sinceEndMs(stream: StreamRef): number;
  /** Answers requests below `/hls/`; false for all others. */
  origin(exchange: Exchange): boolean;
  /** Ends every show: playlists say so, and whoever waits is answered. Idempotent. */
  close(): Promise<void>;
  /** Stops in the middle of shows: their playlists do not end, since another process goes on with them. Idempotent. */
  leave(): Promise<void>;
}

/** How long a show can be read after its end. */
const KEEP_ENDED_MS = 60_000;
/** Requests that may wait for one rendition at a time. */
const WAITERS_PER_RENDITION = 20_000;
/** An encoder that is fed but gives nothing for this long hangs. */
const ENCODER_HANG_MS = 10_000;

interface StreamEntry {
  readonly stream: StreamRef;
  transcode: LiveStreamSpec['transcode'];
  subscription: { close(): void };
  pages: ShowPages | undefined;
  forget: NodeJS.Timeout | undefined;
  last: LastNumbers | undefined;
  /** When the present or last show went on air, in milliseconds since the epoch. */
  onAirSince: number | undefined;
  /** When the last show ended, on the clock that never leaps. */
  endedMs: number;
  /** Seconds from the start of the last show to its first playable media. */
  firstMediaSeconds: number | undefined;
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
  const sinceMs = now();
  const ending = new Set<Promise<void>>();
  const origin = new Origin({ find: (stream) => entries.get(stream)?.pages, now: monotonicMs });

  /** @param onAirSince When the show went on air, in milliseconds since the epoch. */
  function beginShow(entry: StreamEntry, onAirSince: number | undefined): LiveShow {
    clearTimeout(entry.forget);
    entry.firstMediaSeconds = undefined;
    entry.onAirSince = onAirSince;
    const { stream } = entry;
    const log = logger.child({ stream: streamId(stream) });
    const startedMs = monotonicMs();
    let playable = false;
    const show = new LiveShow({
      stream,
      transcode: entry.transcode,
      numbers: firstNumbers(now(), onAirSince, entry.last),
      // It was on air before we were here to show it.
      continuesOthers: onAirSince !== undefined && onAirSince < sinceMs,
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
        entry.firstMediaSeconds = seconds;
        for (const listener of listeners) listener(stream, seconds);
      },
    });
    const pages = new ShowPages(show, { now: monotonicMs, waitersPerRendition: WAITERS_PER_RENDITION });
    entry.pages = pages;
    metrics.started();
    log.info('show starts');
    return show;
  }

  function stopShow(entry: StreamEntry, how: 'end' | 'leave'): void {
    const show = entry.pages?.show;
    if (!show || show.ended) return;
    const { last } = show.source.window;
    if (last) {
      const { msn, discontinuitySequence } = last;
      entry.last = { msn, discontinuitySequence, onAirSince: entry.onAirSince };
    }
    entry.endedMs = monotonicMs();
    const log = logger.child({ stream: streamId(entry.stream) });
    const stopped = show[how]()
      .catch((err: unknown) => log.error({ err }, 'the show did not stop cleanly'))
      .finally(() => ending.delete(stopped));
    ending.add(stopped);
    entry.forget = setTimeout(() => (entry.pages = undefined), KEEP_ENDED_MS).unref();
    metrics.ended();
    log.info(how === 'end' ? 'show ended' : 'show is left to others');
  }

  function remove(entry: StreamEntry): void {
    entry.subscription.close();
    stopShow(entry, 'end');
    clearTimeout(entry.forget);
    entries.delete(streamId(entry.stream));
  }

  async function stop(how: 'end' | 'leave'): Promise<void> {
    for (const entry of entries.values()) {
      entry.subscription.close();
      stopShow(entry, how);
      clearTimeout(entry.forget);
    }
    await Promise.all(ending);
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
        last: undefined,
        onAirSince: undefined,
        endedMs: -Infinity,
        firstMediaSeconds: undefined,
      };
      entries.set(streamId(entry.stream), entry);
      const running = () => (entry.pages?.show.ended === false ? entry.pages.show : undefined);
      const sink: FlvSink = {
        publisherStarted: (onAirSince, behindMs) =>
          (running() ?? beginShow(entry, onAirSince)).publisherStarted(behindMs),
        tag: (tag) => running()?.tag(tag),
        publisherStopped: () => running()?.publisherStopped(),
        showEnded: () => stopShow(entry, 'end'),
      };
      entry.subscription = source.subscribe(entry.stream, sink, { replay: true });
    },
    removeStream(stream) {
      const entry = entries.get(streamId(stream));
      if (entry) remove(entry);
    },
    onFirstMedia: (listener) => void listeners.push(listener),
    state(stream) {
      const entry = entries.get(streamId(stream));
      if (!entry) return undefined;
      const { pages, firstMediaSeconds } = entry;
      const show = pages === undefined ? 'none' : pages.show.ended ? 'ended' : 'running';
      return {
        show,
        ...(pages && firstMediaSeconds !== undefined && { firstMediaSeconds }),
        ...(show === 'running' && { encoderFailing: pages!.show.encoderFailing }),
      };
    },
    sinceEndMs: (stream) => monotonicMs() - (entries.get(streamId(stream))?.endedMs ?? -Infinity),
    origin: (exchange) => origin.handle(exchange),
    close: () => stop('end'),
    leave: () => stop('leave'),
  };
}
