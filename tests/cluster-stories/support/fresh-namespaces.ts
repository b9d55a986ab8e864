import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeClient, KUBE, KubeError } from '@showrunner/service-kit/kube';

const NAMESPACES = { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' } as const;
const PATIENCE_MS = 60_000;

/** Namespaces that exist and hold nothing of ours, whatever an earlier run left behind. */
export async function freshNamespaces(client: KubeClient, names: readonly string[]): Promise<void> {
  await removeNamespaces(client, names);
  for (const name of names) {
    await client.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
}

/** Removes namespaces and waits until they are gone. */
export async function removeNamespaces(client: KubeClient, names: readonly string[]): Promise<void> {
  for (const name of names) await ifThere(client.delete(NAMESPACES, name));
  const deadline = performance.now() + PATIENCE_MS;
  for (const name of names) {
    while (await ifThere(client.get(NAMESPACES, name))) {
      if (performance.now() > deadline) throw new Error(`The namespace ${name} did not go within a minute.`);
      await sleep(200);
    }
  }
}

/** Removes LiveStreams and Secrets; namespaces take their time, objects do not. */
export async function emptyNamespaces(client: KubeClient, names: readonly string[]): Promise<void> {
  for (const namespace of names) {
    for (const resource of [KUBE.liveStreams, KUBE.secrets]) {
      const { items } = await client.list(resource, { namespace });
      await Promise.all(items.map(({ metadata }) => ifThere(client.delete(resource, metadata.name, namespace))));
    }
  }
}

/** What the API answers; undefined where there is no such thing. */
async function ifThere<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof KubeError && error.code === 404) return undefined;
    throw error;
  });
}
