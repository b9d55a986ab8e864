import { setTimeout as sleep } from 'node:timers/promises';
import { durationMs } from '@showrunner/crds';
import {
  createOpsListener,
  createStateHandler,
  showDrainMs,
  StreamFolder,
  streamId,
  type Logger,
  type Registry,
} from '@showrunner/service-kit';
import { HttpFlvSource } from '@showrunner/service-kit/flv-link';
import { createTranscoder } from '../live/transcoder.ts';
import type { TranscoderPodConfig } from './config.ts';
import { drain } from './drain.ts';
import { MediaListener } from './media-listener.ts';
import { notReady, notServing } from './readiness.ts';

/** A link that breaks is no publisher that left: also a show without a grace waits so long for it, in milliseconds. */
const LEAST_GRACE_MS = 5_000;
/** How long after the end of a show its playlists can still be asked for what they say. */
const LINGER_MS = 6_000;
/** Answers that are on their way are waited for. */
const ANSWER_MS = 500;
/** How often it is looked whether the first request may come. */
const READY_LOOK_MS = 50;

export interface TranscoderPod {
  /** Port of `/hls/`, once started. */
  readonly httpPort: number;
  /** Answers probes at once; resolves when media is served, or when it was closed before that. */
  start(): Promise<void>;
  /**
   * Goes on while a show runs, `drainMs` at most, and closes. A show that runs on then is left to the pod that takes over:
   * its playlists do not end. Idempotent.
   */
  close(): Promise<void>;
}

export interface TranscoderPodOptions {
  readonly config: TranscoderPodConfig;
  readonly logger: Logger;
  readonly registry: Registry;
}

/** Makes HLS of the show of one LiveStream, as its mounted folder tells, from the ingest that it is told of. */
export function createTranscoderPod({ config, logger, registry }: TranscoderPodOptions): TranscoderPod {
  const { host } = config;
  const folder = new StreamFolder({ path: config.streamFolder, logger });
  const source = new HttpFlvSource({
    url: config.ingestUrl,
    token: () => folder.current?.flvToken ?? '',
    graceMs: () => Math.max(LEAST_GRACE_MS, durationMs(folder.current?.liveStream.spec.ingest.reconnectGrace ?? '0s')),
    logger,
  });
  const transcoder = createTranscoder({ source, ffmpeg: config.ffmpeg, logger, registry });
  const own = () => folder.current?.liveStream.metadata;
  const showState = () => {
    const stream = own();
    return stream && transcoder.state(stream);
  };
  let hasServed = false;
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const isClosing = (): boolean => closing !== undefined;

  /** Once it has served it goes on: what it has of a show is there whatever becomes of the link, also while it drains. */
  function servingProblem(): string | undefined {
    if (hasServed) return undefined;
    const stream = own();
    const problem = notServing(stream && source.state(stream), showState(), folder.onAirSince);
    hasServed = problem === undefined;
    return problem;
  }

  function problems(): string[] {
    const problem = notReady(servingProblem(), showState(), folder.onAirSince);
    return problem === undefined ? [] : [folder.problem ?? problem];
  }

  const more = createStateHandler((stream) => transcoder.state(stream));
  const ops = createOpsListener({ config, logger, registry, ready: problems, more });
  const media = new MediaListener({
    host,
    port: config.httpPort,
    media: (exchange) => transcoder.origin(exchange),
    logger,
    registry,
  });

  async function run(): Promise<void> {
    await ops.start();
    folder.onChange(({ liveStream }) => transcoder.setStream(liveStream));
    await folder.start();
    // Before it knows of its show it refuses connections, which edges understand: an answer would be a wrong one.
    while (!isClosing() && servingProblem() !== undefined) await sleep(READY_LOOK_MS);
    if (isClosing()) return;
    await media.start();
    logger.info({ stream: streamId(own()!), ports: { http: media.port, ops: ops.port } }, 'ready');
  }

  async function shutDown(): Promise<void> {
    const stream = own();
    const isRunning = () => showState()?.show === 'running';
    const lingerMs = () => (stream ? Math.max(0, LINGER_MS - transcoder.sinceEndMs(stream)) : 0);
    const drainMs = showDrainMs(folder.current?.liveStream, config.drainMs);
    const outcome = await drain({ isRunning, drainMs, lingerMs });
    folder.close();
    await (outcome === 'over' ? transcoder.close() : transcoder.leave());
    await starting?.catch(() => undefined);
    await media.close(ANSWER_MS);
    await ops.close();
  }

  return {
    get httpPort() {
      return media.port;
    },
    start: () => (starting ??= run()),
    async close() {
      closing ??= shutDown();
      await closing;
    },
  };
}
