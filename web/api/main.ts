import {
  createLogger,
  createOpsListener,
  createRegistry,
  createShutdown,
  keepNewSpaceSmall,
  loadConfig,
  runMain,
} from '@showrunner/service-kit';
import { KubeClient, kubeResourceStores, loadKubeConfig } from '@showrunner/service-kit/kube';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { webConfigSchema } from './config.ts';
import { IngestFacts, ingestStateUrl } from './ingest-facts.ts';
import { createWeb } from './web.ts';

/** The built page, seen from here and from the image's bundle alike. */
const APP_FOLDER = fileURLToPath(new URL('../dist', import.meta.url));
/** Beyond the time that requests are still answered: for what is underway to end. */
const CLOSE_MS = 5_000;

/** The API and the pages on a cluster, from the Kubernetes API, until SIGTERM. */
await runMain(async () => {
  keepNewSpaceSmall();
  const config = loadConfig(webConfigSchema, { env: process.env, prefix: 'SHOWRUNNER' });
  const { host, namespaces, mediaOrigin, drainMs } = config;
  const logger = createLogger({ name: 'web', level: config.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: drainMs + CLOSE_MS });
  let phase: 'starting' | 'ready' | 'draining' = 'starting';

  const client = new KubeClient(await loadKubeConfig());
  shutdown.onShutdown('Kubernetes API', () => client.close());
  const facts = new IngestFacts({ urlOf: (stream) => ingestStateUrl(stream, config.clusterDomain) });
  shutdown.onShutdown('facts', () => facts.close());
  const ops = createOpsListener({
    config,
    logger,
    registry: createRegistry(),
    ready: () => (phase === 'ready' ? [] : [phase === 'draining' ? 'Shutting down.' : 'No list of live streams yet.']),
  });
  shutdown.onShutdown('operations', () => ops.close());
  const web = await createWeb({
    feeds: kubeResourceStores({ client, logger, namespaces }),
    factsOf: (stream) => facts.of(stream),
    appDir: APP_FOLDER,
    mediaOrigin,
    maxConnections: config.maxConnections,
    logger,
    onKnown: () => {
      if (phase === 'starting') phase = 'ready';
    },
  });
  // Pages that follow events come back a moment after theirs end, to a replica that stays.
  shutdown.onShutdown('web', () => web.close());
  shutdown.listen(['SIGINT', 'SIGTERM']);
  try {
    await ops.start();
    await web.listen({ host, port: config.httpPort }).catch((cause: Error) => {
      throw new Error(`Pages cannot be served on port ${config.httpPort} of ${host}: ${cause.message}.`, { cause });
    });
  } catch (error) {
    await shutdown.close();
    throw error;
  }
  shutdown.onShutdown('endpoints', async () => {
    // Who keeps a connection takes the next request elsewhere.
    web.server.prependListener('request', (_request, response) => void response.setHeader('connection', 'close'));
    // It says that it is ready as long as it answers: where a node has no other, what is sent to it comes here still.
    await sleep(drainMs);
    phase = 'draining';
  });
  const { port } = web.server.address() as AddressInfo;
  logger.info({ ports: { http: port, ops: ops.port }, namespaces, mediaOrigin }, 'listening');
});
