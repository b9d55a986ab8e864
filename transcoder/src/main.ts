import {
  createLogger,
  createRegistry,
  createShutdown,
  loadConfig,
  relaxCollector,
  runMain,
} from '@showrunner/service-kit';
import { transcoderPodConfigSchema } from './pod/config.ts';
import { createTranscoderPod } from './pod/transcoder-pod.ts';

/** Beyond the time that a running show is given: for its viewers to hear of its end, and to close. */
const CLOSE_MS = 15_000;

/** The transcoder pod of one LiveStream, until SIGTERM. */
await runMain(async () => {
  relaxCollector();
  const config = loadConfig(transcoderPodConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const logger = createLogger({ name: 'transcoder', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: config.drainMs + CLOSE_MS });
  const pod = createTranscoderPod({ config, logger, registry: createRegistry() });
  shutdown.onShutdown('pod', () => pod.close());
  shutdown.listen(['SIGINT', 'SIGTERM']);
  await pod.start().catch(async (error: unknown) => {
    await shutdown.close();
    throw error;
  });
});
