import {
  createLogger,
  createRegistry,
  createShutdown,
  loadConfig,
  relaxCollector,
  runMain,
} from '@showrunner/service-kit';
import { edgePodConfigSchema } from './config.ts';
import { createEdgePod } from './edge-pod.ts';

/** Beyond the time in which requests are still taken: for who waits to be answered, and to close. */
const CLOSE_MS = 15_000;

/** One edge, until SIGTERM. */
await runMain(async () => {
  relaxCollector();
  const config = loadConfig(edgePodConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const logger = createLogger({ name: 'edge', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: config.drainMs + CLOSE_MS });
  const pod = createEdgePod({ config, logger, registry: createRegistry() });
  shutdown.onShutdown('pod', () => pod.close());
  shutdown.listen(['SIGINT', 'SIGTERM']);
  await pod.start().catch(async (error: unknown) => {
    await shutdown.close();
    throw error;
  });
});
