import type { ServerResponse } from 'node:http';
import type { LiveStream } from '@showrunner/crds';
import {
  createOpsListener,
  createStateHandler,
  HttpListener,
  showDrainMs,
  StreamFolder,
  streamId,
  type Logger,
  type Registry,
  type StreamRef,
} from '@showrunner/service-kit';
import { createStoreAdmission } from '../admission/store-admission.ts';
import { createIngest, type Ingest, type IngestOptions } from '../ingest.ts';
import { createNginxIngest } from '../nginx-rtmp/create-nginx-ingest.ts';
import type { IngestPodConfig } from './config.ts';

type Engine = LiveStream['spec']['ingest']['engine'];

const ENGINES: Record<Engine, (options: IngestOptions) => Ingest> = {
  'node-media-server': createIngest,
  'nginx-rtmp': createNginxIngest,
};

export interface IngestPod {
  /** Answers probes at once; resolves when publishers are let in, or when it was closed before that. */
  start(): Promise<void>;
  /**
   * Lets nobody new in, waits for the running show to end, `drainMs` at most, tells a publisher that is still there, and
   * closes. Idempotent.
   */
  close(): Promise<void>;
}

export interface IngestPodOptions {
  readonly config: IngestPodConfig;
  readonly logger: Logger;
  readonly registry: Registry;
  /** The stream wants another engine than it had when this pod started, and no show is on: a new process must take its place. */
  readonly onOutdated: () => void;
}

/** How often it is looked whether a show has ended after which this process makes room. */
const SHOW_LOOK_MS = 1_000;

/** Takes in the show of one LiveStream, as its mounted folder tells. */
export function createIngestPod({ config, logger, registry, onOutdated }: IngestPodOptions): IngestPod {
  const { host } = config;
  const folder = new StreamFolder({ path: config.streamFolder, logger });
  const admission = createStoreAdmission({ feeds: [folder], logger });
  const outOfTime = new AbortController();
  let ingest: Ingest | undefined;
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  /** Runs while the stream wants another engine and its show is on. */
  let waiting: NodeJS.Timeout | undefined;
  const isClosing = (): boolean => phase === 'draining';

  const problems = (): string[] => {
    if (phase === 'ready') return [];
    if (phase === 'draining') return ['The ingest is shutting down.'];
    return [folder.problem ?? 'The ingest is starting.'];
  };
  const more = createStateHandler((stream) => {
    const own = folder.current?.liveStream.metadata;
    return own && streamId(own) === streamId(stream) ? stateOf(stream) : undefined;
  });
  const ops = createOpsListener({ config, logger, registry, ready: problems, more });
  const httpListener = new HttpListener({
    name: 'HTTP-FLV',
    host,
    port: config.httpPort,
    logger,
    handle: (request, response) => void (ingest?.handleHttp(request, response) || notFound(response)),
  });

  function stateOf(stream: StreamRef) {
    return ingest?.state(stream) ?? { state: 'off' as const };
  }

  /** A show goes on with the engine that it began with. */
  function followEngine(stream: StreamRef, engine: Engine): void {
    const look = (): void => {
      const wanted = folder.current?.liveStream.spec.ingest.engine ?? engine;
      clearInterval(waiting);
      waiting = undefined;
      if (wanted === engine || isClosing()) return;
      if (stateOf(stream).state === 'off') {
        logger.info({ engine, wanted }, 'the stream wants another engine: this process makes room for one that has it');
        onOutdated();
      } else {
        waiting = setInterval(look, SHOW_LOOK_MS);
      }
    };
    folder.onChange(look);
  }

  async function run(): Promise<void> {
    await ops.start();
    await folder.start();
    const stream = folder.current?.liveStream;
    if (!stream || isClosing()) return;
    await admission.start();
    const { engine } = stream.spec.ingest;
    ingest = ENGINES[engine]({
      config: { host, port: config.rtmpPort },
      admission,
      flvToken: () => folder.current?.flvToken ?? '',
      logger,
      registry,
      leftSince: () => folder.onAirSince,
    });
    await ingest.start();
    await httpListener.start();
    if (isClosing()) return;
    followEngine(stream.metadata, engine);
    phase = 'ready';
    const ports = { rtmp: ingest.rtmpPort, http: httpListener.port, ops: ops.port };
    logger.info({ stream: streamId(stream.metadata), engine, ports }, 'ready');
  }

  async function shutDown(): Promise<void> {
    const isStarting = phase === 'starting';
    phase = 'draining';
    clearInterval(waiting);
    if (isStarting) {
      // It may be waiting for its files; what it has begun by now is there to be closed when it has.
      folder.close();
      await starting?.catch(() => undefined);
    }
    const timer = setTimeout(() => outOfTime.abort(), showDrainMs(folder.current?.liveStream, config.drainMs));
    await ingest?.drain(outOfTime.signal);
    clearTimeout(timer);
    folder.close();
    await admission.close();
    await ingest?.close();
    await httpListener.close();
    await ops.close();
  }

  return {
    start: () => (starting ??= run()),
    async close() {
      closing ??= shutDown();
      await closing;
    },
  };
}

function notFound(response: ServerResponse): boolean {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end('There is nothing here.\n');
  return true;
}
