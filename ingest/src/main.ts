import {
  createLogger,
  createRegistry,
  createShutdown,
  loadConfig,
  relaxCollector,
  runMain,
} from '@showrunner/service-kit';
import { ingestPodConfigSchema } from './pod/config.ts';
import { createIngestPod } from './pod/ingest-pod.ts';

/** Beyond the time that a running show is given: to tell its publisher, and to close. */
const CLOSE_MS = 10_000;

/** The ingest pod of one LiveStream, until SIGTERM. */
await runMain(async () => {
  relaxCollector();
  const config = loadConfig(ingestPodConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const logger = createLogger({ name: 'ingest', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: config.drainMs + CLOSE_MS });
  const pod = createIngestPod({
    config,
    logger,
    registry: createRegistry(),
    onOutdated: () => void shutdown.close(),
  });
  shutdown.onShutdown('pod', () => pod.close());
  shutdown.listen(['SIGINT', 'SIGTERM']);
  await pod.start().catch(async (error: unknown) => {
    await shutdown.close();
    throw error;
  });
});
