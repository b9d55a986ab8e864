import { KUBE, KubeClient, type KubeObject, loadKubeConfig } from '@showrunner/service-kit/kube';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/index.ts';
import { freshNamespaces, removeNamespaces } from './support/fresh-namespaces.ts';
import { readerOfLiveStreams } from './support/service-account.ts';

const NAMESPACE = 'store-client';
const MANAGER = { fieldManager: 'story' };
/** More than a page. */
const MANY = 120;

const config = await loadKubeConfig(inject('cluster').kubeconfig);
const client = new KubeClient(config);
beforeAll(() => freshNamespaces(client, [NAMESPACE]));
afterAll(async () => {
  await removeNamespaces(client, [NAMESPACE]);
  await client.close();
});

interface Service extends KubeObject {
  readonly spec: { readonly ports: readonly { readonly port: number }[]; readonly selector?: Record<string, string> };
}
const service = (name: string, port: number, selector?: object) => ({
  metadata: { name, namespace: NAMESPACE, labels: { story: name } },
  spec: { ports: [{ port }], ...(selector ? { selector } : {}) },
});

describe('the client, at a real API server', () => {
  it('lists page by page, whole or metadata alone', async () => {
    const secrets = Array.from({ length: MANY }, (_, n) => `secret-${String(n).padStart(3, '0')}`);
    await Promise.all(
      secrets.map((name) => client.create(KUBE.secrets, { metadata: { name }, stringData: { name } }, NAMESPACE)),
    );
    const sizes: number[] = [];
    const found: KubeObject[] = [];
    for await (const { items } of client.pages(KUBE.secrets, { namespace: NAMESPACE })) {
      sizes.push(items.length);
      found.push(...items);
    }
    expect(sizes).toEqual([100, MANY - 100]);
    expect(found.map(({ metadata }) => metadata.name)).toEqual(secrets);
    expect(found[0]).toMatchObject({ apiVersion: 'v1', kind: 'Secret', data: { name: 'c2VjcmV0LTAwMA==' } });
    const { items } = await client.list(KUBE.secrets, { namespace: NAMESPACE, metadataOnly: true });
    expect(items).toHaveLength(MANY);
    expect(items[0]).not.toHaveProperty('data');
  });

  it('applies as one of several managers, and writes nothing where nothing changes', async () => {
    const applied = await client.apply<Service>(KUBE.services, service('one', 80), MANAGER);
    expect(await client.apply(KUBE.services, service('one', 80), MANAGER)).toEqual(applied);
    const other = { fieldManager: 'other' };
    await client.apply(KUBE.services, service('one', 80, { app: 'y' }), MANAGER);
    const clash = service('one', 80, { app: 'x' });
    await expect(client.apply(KUBE.services, clash, other)).rejects.toMatchObject({
      code: 409,
      reason: 'Conflict',
      causes: [expect.objectContaining({ reason: 'FieldManagerConflict', field: '.spec.selector' })],
    });
    const forced = await client.apply<Service>(KUBE.services, clash, { ...other, force: true });
    expect(forced.spec.selector).toEqual({ app: 'x' });
    const dry = await client.apply<Service>(KUBE.services, service('dry', 80), { ...MANAGER, dryRun: true });
    expect(dry.spec.ports[0]?.port).toBe(80);
    await expect(client.get(KUBE.services, 'dry', NAMESPACE)).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
  });

  it('watches what is selected, from a list on, and ends when nobody listens', async () => {
    const selection = { namespace: NAMESPACE, labelSelector: 'story=two' };
    const { resourceVersion: from } = await client.list(KUBE.services, selection);
    const stop = new AbortController();
    const told: string[] = [];
    const watching = (async () => {
      for await (const { type, object } of client.watch<Service>(KUBE.services, {
        ...selection,
        from,
        signal: stop.signal,
      })) {
        if (type === 'BOOKMARK') continue;
        told.push(`${type} ${object.spec.ports[0]?.port}`);
      }
    })();
    const created = await client.apply<Service>(KUBE.services, service('two', 80), MANAGER);
    await client.apply(KUBE.services, service('unheard', 80), MANAGER);
    await client.replace(KUBE.services, { ...created, spec: { ...created.spec, ports: [{ port: 82 }] } } as Service);
    await client.merge(KUBE.services, 'two', NAMESPACE, { spec: { ports: [{ port: 83 }] } });
    await expect(client.replace(KUBE.services, created)).rejects.toMatchObject({ code: 409, reason: 'Conflict' });
    await expect(client.delete(KUBE.services, 'two', NAMESPACE, 'not-this-one')).rejects.toMatchObject({ code: 409 });
    await client.delete(KUBE.services, 'two', NAMESPACE, created.metadata.uid);
    await eventually('all changes', () => told.length === 4);
    expect(told).toEqual(['ADDED 80', 'MODIFIED 82', 'MODIFIED 83', 'DELETED 83']);
    stop.abort();
    await watching;
  });

  it('notices that its token was renewed as soon as the former one is refused', async () => {
    const account = await readerOfLiveStreams(client, config, [NAMESPACE]);
    await account.giveToken('expired');
    const reader = new KubeClient(await loadKubeConfig(account.kubeconfig));
    const list = () => reader.list(KUBE.liveStreams, { namespace: NAMESPACE });
    await expect(list()).rejects.toMatchObject({ code: 401 });
    await account.giveToken();
    expect((await list()).items).toEqual([]);
    await reader.close();
    await account.close();
  });
});
