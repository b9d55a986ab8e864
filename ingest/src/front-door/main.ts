import { runMediaPod } from '@showrunner/service-kit';
import { KubeClient, kubeResourceStores, loadKubeConfig } from '@showrunner/service-kit/kube';
import { frontDoorConfigSchema } from './config.ts';
import { createFrontDoorPod } from './front-door-pod.ts';

/** Beyond the time that publishers are given: to close. */
const CLOSE_MS = 10_000;

/** The front door of a cluster. */
await runMediaPod({
  name: 'front-door',
  schema: frontDoorConfigSchema,
  closeMs: ({ drainMs, lameDuckMs }) => drainMs + lameDuckMs + CLOSE_MS,
  async create({ shutdown, ...context }) {
    const { config, logger } = context;
    const client = new KubeClient(await loadKubeConfig());
    shutdown.onShutdown('Kubernetes', () => client.close());
    const feeds = kubeResourceStores({ client, logger, namespaces: config.namespaces });
    return createFrontDoorPod({ ...context, feeds });
  },
});
