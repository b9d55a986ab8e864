import {
  ExpiredError,
  ForbiddenError,
  InvalidResourceError,
  createLogger,
  type Logger,
  type WatchEvent,
} from '@showrunner/service-kit';
import {
  KUBE,
  KubeClient,
  KubeError,
  type KubeObject,
  KubeResourceStore,
  kubeResourceStores,
  loadKubeConfig,
} from '@showrunner/service-kit/kube';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/index.ts';
import { emptyNamespaces, freshNamespaces, removeNamespaces } from './support/fresh-namespaces.ts';
import { type Account, readerOfLiveStreams } from './support/service-account.ts';

const A = 'store-kube-a';
const B = 'store-kube-b';
const C = 'store-kube-c';
const SHOW = { namespace: A, name: 'show' };

const config = await loadKubeConfig(inject('cluster').kubeconfig);
const client = new KubeClient(config);
const lines: string[] = [];
const logger: Logger = createLogger(
  { name: 'story', level: 'warn' },
  { write: (line: string) => void lines.push(line) },
);
const store = new KubeResourceStore({ client, logger });

beforeAll(() => freshNamespaces(client, [A, B, C]));
afterEach(async () => {
  lines.length = 0;
  await emptyNamespaces(client, [A, B, C]);
});
afterAll(async () => {
  await removeNamespaces(client, [A, B, C]);
  await client.close();
});

const liveStream = (metadata: object = {}, spec: object = {}) => ({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { ...SHOW, ...metadata },
  spec,
});
const stored = () => client.get<KubeObject & { spec: object }>(KUBE.liveStreams, SHOW.name, SHOW.namespace);

/** Follows a watch, and notes what it brings. */
function follow(of: KubeResourceStore, from: string) {
  const stop = new AbortController();
  const told: string[] = [];
  const ended = (async () => {
    const note = (event: WatchEvent<'LiveStream'>) => {
      const { namespace, name } = event.type === 'unreadable' ? event.identity : event.object.metadata;
      const title = (event.type !== 'unreadable' && event.object.spec.title) || '';
      told.push(`${event.type} ${namespace}/${name} ${title}`.trim());
    };
    for await (const event of of.watch('LiveStream', { from, signal: stop.signal })) note(event);
  })();
  return {
    told,
    end: async () => {
      stop.abort();
      await ended;
    },
  };
}

describe('stores of a namespace each', () => {
  it('need rights in theirs alone, and may not read any other', async () => {
    const account: Account = await readerOfLiveStreams(client, config, [B, A]);
    const reader = new KubeClient(await loadKubeConfig(account.kubeconfig));
    const stores = kubeResourceStores({ client: reader, logger, namespaces: [A, B, C, 'store-none'] });
    const [ofA, ofB, ...closed] = stores as [KubeResourceStore, KubeResourceStore, ...KubeResourceStore[]];
    for (const namespace of [A, B, C]) await store.apply('LiveStream', liveStream({ namespace, name: 'old' }));
    const lists = [await ofA.list('LiveStream'), await ofB.list('LiveStream')];
    expect(lists.map(({ items }) => items.map(({ metadata }) => metadata.namespace))).toEqual([[A], [B]]);
    const { signal } = new AbortController();
    for (const refused of closed) {
      await expect(refused.list('LiveStream')).rejects.toBeInstanceOf(ForbiddenError);
      await expect(refused.watch('LiveStream', { from: '1', signal }).next()).rejects.toBeInstanceOf(ForbiddenError);
    }

    const watches = [follow(ofA, lists[0]!.resourceVersion), follow(ofB, lists[1]!.resourceVersion)] as const;
    for (const namespace of [A, B, C]) await store.apply('LiveStream', liveStream({ namespace, name: 'new' }));
    await store.delete('LiveStream', { namespace: B, name: 'old' });
    await eventually('both namespaces', () => watches[0].told.length === 1 && watches[1].told.length === 2);
    expect(watches.map(({ told }) => told)).toEqual([[`added ${A}/new`], [`added ${B}/new`, `deleted ${B}/old`]]);
    await Promise.all(watches.map((watch) => watch.end()));
    await reader.close();
    await account.close();
  });

  it('know nothing of others', async () => {
    const ours = new KubeResourceStore({ client, logger, namespace: A });
    const foreign = { namespace: C, name: 'c' };
    await store.apply('LiveStream', liveStream(foreign));
    expect(await ours.get('LiveStream', foreign)).toBeUndefined();
    expect((await ours.list('LiveStream', C)).items).toEqual([]);
    await expect(ours.patchStatus('LiveStream', foreign, {})).rejects.toThrow(`There is no LiveStream ${C}/c.`);
    await expect(ours.delete('LiveStream', foreign)).rejects.toThrow(`There is no LiveStream ${C}/c.`);
    await expect(ours.apply('LiveStream', liveStream(foreign))).rejects.toThrow(
      `metadata.namespace: "${C}" is not allowed: it must be ${A}.`,
    );
    expect(await store.get('LiveStream', foreign)).toBeDefined();
  });

  it('go on from nothing that is no version', async () => {
    for (const from of ['', '0', '1.x', '1.2.3', '0.0']) {
      const { signal } = new AbortController();
      await expect(store.watch('LiveStream', { from, signal }).next()).rejects.toBeInstanceOf(ExpiredError);
    }
  });
});

describe('what another version stored', () => {
  /** Taken by the API server, whose whole numbers have 64 bits; refused by our rules. */
  const broken = { status: { observedGeneration: 2 ** 60 } };
  const breakStatus = (name: string) => client.merge(KUBE.liveStreams, name, A, broken, 'status');

  it('hides nothing else, is named with the reason, and can be mended', async () => {
    await store.apply('LiveStream', liveStream({ name: 'fine' }));
    const { metadata } = await client.create(KUBE.liveStreams, liveStream(), A);
    await breakStatus(SHOW.name);
    const { items, unreadable, resourceVersion } = await store.list('LiveStream', A);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['fine']);
    expect(unreadable).toEqual([{ ...SHOW, uid: metadata.uid }]);
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ kind: 'LiveStream', ...SHOW, broken: 'status.observedGeneration' }),
    ]);
    await expect(store.get('LiveStream', SHOW)).rejects.toThrow(
      `The stored LiveStream ${A}/show breaks a rule of this version (status.observedGeneration): apply it anew.`,
    );

    const watch = follow(store, resourceVersion);
    await breakStatus('fine');
    const mended = await store.patchStatus('LiveStream', SHOW, { observedGeneration: 1 });
    expect(await store.get('LiveStream', SHOW)).toEqual(mended);
    // Gone is gone, also for who knew it before it broke.
    await store.delete('LiveStream', { namespace: A, name: 'fine' });
    const ours = () => watch.told.filter((line) => line.includes(A));
    await eventually('the deletion', () => ours().length === 3);
    expect(ours()).toEqual([`unreadable ${A}/fine`, `modified ${A}/show`, `deleted ${A}/fine`]);
    await watch.end();
  });
});

it('takes no date that the services cannot read', async () => {
  for (const startAt of ['2026-11-21t20:00:00z', '2026-02-30T20:00:00Z', '2026-11-21T20:00:00+99:00']) {
    const created = client.create(KUBE.liveStreams, liveStream({}, { startAt }), A);
    await expect(created, startAt).rejects.toThrow('spec.startAt');
  }
});

describe('apply', () => {
  it('takes away what is no longer named, and leaves alone what is not ours to know', async () => {
    const annotations = { note: 'x' };
    await store.apply('LiveStream', liveStream({ labels: { team: 'a', tier: '1' }, annotations }, { title: 'One' }));
    await client.merge(KUBE.liveStreams, SHOW.name, A, { metadata: { finalizers: ['example.org/guard'] } });
    const applied = await store.apply('LiveStream', liveStream({ labels: { team: 'a' } }));
    expect(applied.metadata).toMatchObject({ labels: { team: 'a' }, finalizers: ['example.org/guard'] });
    expect(applied.metadata.annotations).toBeUndefined();
    expect(applied.spec.title).toBeUndefined();
    expect(
      (await store.apply('LiveStream', { ...applied, metadata: { ...applied.metadata, finalizers: [] } })).metadata,
    ).not.toHaveProperty('finalizers');
  });

  it('writes nothing, not even to the server, where nothing changes', async () => {
    await store.apply('LiveStream', liveStream({}, { title: 'One' }));
    const { metadata } = await stored();
    await store.apply('LiveStream', liveStream({}, { title: 'One' }));
    expect((await stored()).metadata).toEqual(metadata);
  });

  it('lets all of many writers through who name no version', async () => {
    const titles = Array.from({ length: 4 }, (_, n) => `Title ${n}`);
    const written = await Promise.all(titles.map((title) => store.apply('LiveStream', liveStream({}, { title }))));
    expect(written.map(({ spec }) => spec.title)).toEqual(titles);
    expect((await stored()).metadata.generation).toBe(4);
  });

  it('says in our words what only the server knows', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: SHOW, stringData: { streamKey: 'hidden' } };
    await store.apply('Secret', secret);
    const retyped = store.apply('Secret', { ...secret, type: 'example.org/other' });
    await expect(retyped).rejects.toEqual(
      new InvalidResourceError(['type: this value (not shown) is not allowed: field is immutable.']),
    );
    await expect(store.apply('LiveStream', liveStream({ namespace: 'store-none' }))).rejects.toThrow(
      'There is no namespace store-none.',
    );
    const account = await readerOfLiveStreams(client, config, [C]);
    const reader = new KubeClient(await loadKubeConfig(account.kubeconfig));
    const forbidden = new KubeResourceStore({ client: reader, logger }).apply(
      'LiveStream',
      liveStream({ namespace: C }),
    );
    await expect(forbidden).rejects.toSatisfy((error) => error instanceof KubeError && error.code === 403);
    await reader.close();
    await account.close();
  });
});
