import {
  createLogger,
  createRegistry,
  createShutdown,
  loadConfig,
  relaxCollector,
  runMain,
} from '@showrunner/service-kit';
import { KubeClient, KubeResourceStore, loadKubeConfig } from '@showrunner/service-kit/kube';
import { frontDoorConfigSchema, namespacesOf } from './config.ts';
import { createFrontDoorPod } from './front-door-pod.ts';

/** Beyond the time that publishers are given: to close. */
const CLOSE_MS = 10_000;

/** The front door of a cluster, until SIGTERM. */
await runMain(async () => {
  relaxCollector();
  const config = loadConfig(frontDoorConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const logger = createLogger({ name: 'front-door', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: config.drainMs + config.lameDuckMs + CLOSE_MS });
  const client = new KubeClient(await loadKubeConfig());
  shutdown.onShutdown('Kubernetes', () => client.close());
  const store = new KubeResourceStore({ client, logger, namespaces: namespacesOf(config) });
  const pod = createFrontDoorPod({ config, store, logger, registry: createRegistry() });
  shutdown.onShutdown('front door', () => pod.close());
  shutdown.listen(['SIGINT', 'SIGTERM']);
  await pod.start().catch(async (error: unknown) => {
    await shutdown.close();
    throw error;
  });
});
