import { setTimeout as sleep } from 'node:timers/promises';
import { createOpsListener, type Logger, type Registry, type StreamRef } from '@showrunner/service-kit';
import { MediaListener } from '../pod/media-listener.ts';
import type { EdgePodConfig } from './config.ts';
import { EdgeMetrics } from './edge-metrics.ts';
import { Edge } from './edge.ts';
import { mostUnsent } from './most-memory.ts';
import { transcoderAddress } from './transcoder-address.ts';
import type { Address } from './upstream-call.ts';

/** Whoever waits is answered: by then also who waits for a transcoder that is away. */
const ANSWER_MS = 10_000;

export interface EdgePod {
  /** Port of `/hls/`, once started. */
  readonly httpPort: number;
  start(): Promise<void>;
  /** Is ready and takes requests for `drainMs` more, each the last of its connection, answers who waits, and closes. Idempotent. */
  close(): Promise<void>;
}

export interface EdgePodOptions {
  readonly config: EdgePodConfig;
  readonly logger: Logger;
  readonly registry: Registry;
  /** Where the transcoder of a stream listens, where that is not its Service. */
  readonly addressOf?: (stream: StreamRef) => Address;
}

/** Serves the media of all streams of the cluster, each from its transcoder's Service. */
export function createEdgePod({ config, logger, registry, ...options }: EdgePodOptions): EdgePod {
  const { host, clusterDomain } = config;
  const edge = new Edge({
    addressOf: options.addressOf ?? ((stream) => transcoderAddress(stream, clusterDomain)),
    namespaces: config.namespaces,
    cacheBytes: config.cacheBytes,
    metrics: new EdgeMetrics(registry),
    limits: { inFlightBytes: config.inFlightBytes, waiters: config.maxConnections },
  });
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  let closing: Promise<void> | undefined;
  const ready = (): string[] => (phase === 'ready' ? [] : [`The edge is ${phase}.`]);
  const ops = createOpsListener({ config, logger, registry, ready });
  const media = new MediaListener({
    host,
    port: config.httpPort,
    media: (exchange) => edge.handle(exchange),
    logger,
    registry,
    unsent: { mostBytes: mostUnsent(config.cacheBytes) },
    maxConnections: config.maxConnections,
  });

  async function shutDown(): Promise<void> {
    media.drain();
    // Where a node has no other edge, what is sent to it comes here still, but only while this one says that it is ready.
    if (phase === 'ready') await sleep(config.drainMs);
    phase = 'draining';
    await media.close(ANSWER_MS);
    edge.close();
    await ops.close();
  }

  return {
    get httpPort() {
      return media.port;
    },
    async start() {
      await ops.start();
      await media.start();
      if (closing) return;
      phase = 'ready';
      logger.info({ ports: { http: media.port, ops: ops.port } }, 'ready');
    },
    async close() {
      closing ??= shutDown();
      await closing;
    },
  };
}
