import {
  createLogger,
  createOpsListener,
  createRegistry,
  createShutdown,
  HttpListener,
  loadConfig,
  runMain,
  tightenCollector,
} from '@showrunner/service-kit';
import { KubeClient, loadKubeConfig } from '@showrunner/service-kit/kube';
import { operatorConfigSchema } from './config.ts';
import { createOperator } from './operator.ts';

const CLOSE_MS = 10_000;
/** A knock is a line of text. */
const KNOCK_LIMITS = { requestMs: 5_000, maxConnections: 1_000 };

/** The operator, until SIGTERM. */
await runMain(async () => {
  tightenCollector();
  const config = loadConfig(operatorConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const logger = createLogger({ name: 'operator', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: CLOSE_MS });
  const registry = createRegistry();
  let isStopping = false;

  const kubeConfig = await loadKubeConfig();
  const client = new KubeClient(kubeConfig);
  const leaseClient = new KubeClient(kubeConfig);
  shutdown.onShutdown('Kubernetes API', async () => void (await Promise.all([client.close(), leaseClient.close()])));
  const operator = createOperator({ config, client, leaseClient, logger, registry });
  const ops = createOpsListener({
    config,
    logger,
    registry,
    ready: () => (isStopping ? ['Shutting down.'] : operator.ready()),
  });
  shutdown.onShutdown('operations', () => ops.close());
  // Gives the lease back when all writes have ended.
  shutdown.onShutdown('operator', () => operator.close());
  const knockListener = new HttpListener({
    name: 'The knock server',
    host: config.host,
    port: config.httpPort,
    logger,
    handle: operator.knocks,
    ...KNOCK_LIMITS,
  });
  shutdown.onShutdown('knocks', () => knockListener.close());
  shutdown.onShutdown('readiness', () => void (isStopping = true));
  shutdown.listen(['SIGINT', 'SIGTERM']);
  try {
    await ops.start();
    await knockListener.start();
    operator.start();
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  logger.info({ namespaces: config.namespaces, identity: config.podName }, 'following the cluster');
});
