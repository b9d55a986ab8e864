import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KUBE, KubeClient, type KubeObject, type KubeResource, loadKubeConfig } from '@showrunner/service-kit/kube';
import { storyNamespace, writeOperatorKubeconfig } from '@showrunner/tests/cluster-stories';
import { inParallel } from '../in-parallel.ts';
import type { ApiServer } from './api-server.ts';
import type { AuditedWrite } from './audit.ts';

/** As many as the client has connections. */
const CONCURRENCY = 32;
const FIELD_MANAGER = 'showrunner-operator';

const RESOURCES = new Map<string, KubeResource>(Object.values(KUBE).map((resource) => [resource.plural, resource]));

/**
 * Sends the same calls again, for a namespace that has LiveStreams of the same names, by an account with the same rights: without
 * any thought between them, by the same client, over as many connections as it has. Resolves to the seconds that took.
 */
export async function sendAgain(api: ApiServer, writes: readonly AuditedWrite[], namespace: string): Promise<number> {
  const home = await storyNamespace(api.kubectl, 'bare-home');
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-bare-'));
  const path = join(folder, 'kubeconfig');
  await writeOperatorKubeconfig(api, { namespace: home.name, namespaces: [namespace], path });
  const client = new KubeClient(await loadKubeConfig(path));
  try {
    const calls = writes.map((write) => callOf(client, write, namespace));
    const began = performance.now();
    await inParallel(calls, CONCURRENCY, (call) => call());
    return (performance.now() - began) / 1_000;
  } finally {
    await client.close();
    rmSync(folder, { recursive: true });
  }
}

function callOf(client: KubeClient, write: AuditedWrite, namespace: string) {
  const { verb, resource: named } = write;
  const [plural = '', subresource] = named.split('/');
  const resource = RESOURCES.get(plural)!;
  // An Event names the namespace of what it is about too.
  const body = JSON.stringify(write.body).replaceAll(`"${write.namespace}"`, `"${namespace}"`);
  const { metadata, ...rest } = JSON.parse(body) as KubeObject;
  // Which version and which object: those of the other namespace have their own.
  const { resourceVersion: _version, uid: _uid, ...others } = metadata;
  const object: KubeObject = { ...rest, metadata: { ...others, namespace } };
  const options = { fieldManager: FIELD_MANAGER, force: true };
  if (subresource === 'status') return () => client.applyStatus(resource, object, options);
  if (verb === 'patch') return () => client.apply(resource, object, options);
  if (verb === 'create') return () => client.create(resource, object, namespace, { fieldManager: FIELD_MANAGER });
  throw new Error(`The operator sent a ${verb} of ${named}, which is not sent again here.`);
}
