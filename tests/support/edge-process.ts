import { createEdgePod } from '@showrunner/transcoder/edge';
import {
  createLogger,
  createRegistry,
  createShutdown,
  keepNewSpaceSmall,
  relaxCollector,
} from '@showrunner/service-kit';

// An edge as its image runs it, but that every stream's transcoder is on one port of this machine.
relaxCollector();
keepNewSpaceSmall();
const [httpPort = 0, opsPort = 0, transcoderPort = 0, drainMs = 0] = process.argv.slice(2).map(Number);
const logger = createLogger({ name: 'edge', level: 'warn' });
const pod = createEdgePod({
  config: {
    host: '127.0.0.1',
    httpPort,
    opsPort,
    clusterDomain: 'cluster.local',
    namespaces: [],
    cacheBytes: 64 * 1024 * 1024,
    inFlightBytes: 128 * 1024 * 1024,
    maxConnections: 10_000,
    drainMs,
    logLevel: 'warn',
  },
  logger,
  registry: createRegistry(),
  addressOf: () => ({ host: '127.0.0.1', port: transcoderPort }),
});
const shutdown = createShutdown({ logger, timeoutMs: 30_000 });
shutdown.onShutdown('pod', () => pod.close());
shutdown.listen(['SIGINT', 'SIGTERM']);
await pod.start();
