import { createLogger } from '@showrunner/service-kit';
import { resourceStoreContract } from '@showrunner/service-kit/contracts';
import { KubeClient, KubeResourceStore, loadKubeConfig } from '@showrunner/service-kit/kube';
import { afterAll, beforeAll, inject } from 'vitest';
import { emptyNamespaces, freshNamespaces, removeNamespaces } from './support/fresh-namespaces.ts';

const NAMESPACES = ['contract-a', 'contract-b'];

const client = new KubeClient(await loadKubeConfig(inject('cluster').kubeconfig));
beforeAll(() => freshNamespaces(client, NAMESPACES));
afterAll(async () => {
  await removeNamespaces(client, NAMESPACES);
  await client.close();
});

resourceStoreContract('KubeResourceStore', async () => ({
  store: new KubeResourceStore({ client, logger: createLogger({ name: 'contract', level: 'warn' }) }),
  cleanup: () => emptyNamespaces(client, NAMESPACES),
}));
