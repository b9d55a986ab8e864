import type { ServerResponse } from 'node:http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { follow } from '../seams/follow.ts';
import { ForbiddenError, type WatchEvent } from '../seams/resource-store.ts';
import { KubeError } from './kube-error.ts';
import { KubeResourceStore, kubeResourceStores } from './kube-resource-store.ts';
import { localServer } from './testing/local-server.ts';

// All else is tried on a real API server, in tests/cluster-stories.
const silent = createLogger({ name: 'test', level: 'silent' });

it('names in a list what is there and breaks a rule of this version', async () => {
  const item = (name: string, spec: object) => ({ metadata: { name, namespace: 'ns', uid: `uid-of-${name}` }, spec });
  const items = [item('good', {}), item('bad', { startAt: 'soon' })];
  const { client } = await localServer((_request, response) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items })),
  );
  const store = new KubeResourceStore({ client, logger: silent });
  const listed = await store.list('LiveStream');
  expect(listed.items.map(({ metadata }) => metadata.name)).toEqual(['good']);
  expect(listed.unreadable).toEqual([{ namespace: 'ns', name: 'bad', uid: 'uid-of-bad' }]);
});

it('tells in a watch of what can be read no longer, once in the log for each rule', async () => {
  const event = (type: string, spec: object) => {
    const metadata = { name: 'show', namespace: 'ns', uid: 'u', resourceVersion: '6' };
    return `${JSON.stringify({ type, object: { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata, spec } })}\n`;
  };
  const late = { startAt: 'soon' };
  const { client } = await localServer((_request, response) => {
    for (const spec of [{}, late, late, { title: '' }, {}, late]) response.write(event('MODIFIED', spec));
    response.write(event('DELETED', late));
  });
  const lines: string[] = [];
  const logger = createLogger({ name: 'test', level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const told: unknown[] = [];
  for await (const change of new KubeResourceStore({ client, logger }).watch('LiveStream', {
    from: '5',
    signal: new AbortController().signal,
  })) {
    told.push(change.type === 'unreadable' ? [change.type, change.identity] : change.type);
    if (change.type === 'deleted') break;
  }
  const unreadable = ['unreadable', { namespace: 'ns', name: 'show', uid: 'u' }];
  expect(told).toEqual(['modified', unreadable, unreadable, unreadable, 'modified', unreadable, 'deleted']);
  const broken = lines.map((line) => (JSON.parse(line) as { broken: string }).broken);
  expect(broken).toEqual(['spec.startAt', 'spec.title', 'spec.startAt']);
});

const refuse = (response: ServerResponse, code: number) => response.writeHead(code).end('{}');

it.each([403, 404])('has no way into a namespace that answers %i, by list or by watch', async (code) => {
  const { client } = await localServer((_request, response) => refuse(response, code));
  const { signal } = new AbortController();
  const store = new KubeResourceStore({ client, logger: silent, namespace: 'ns' });
  await expect(store.list('LiveStream')).rejects.toBeInstanceOf(ForbiddenError);
  await expect(store.watch('LiveStream', { from: '5', signal }).next()).rejects.toBeInstanceOf(ForbiddenError);
  const all = new KubeResourceStore({ client, logger: silent });
  await expect(all.list('LiveStream')).rejects.toBeInstanceOf(KubeError);
});

it.each([401, 500])('does not take %i for an answer about a namespace', async (code) => {
  const { client } = await localServer((_request, response) => refuse(response, code));
  const store = new KubeResourceStore({ client, logger: silent, namespace: 'ns' });
  await expect(store.list('LiveStream')).rejects.toBeInstanceOf(KubeError);
});

it("follows one namespace on while the right to another is taken away, and that one's streams once it is back", async () => {
  const watches = new Map<string, ServerResponse>();
  const asked: string[] = [];
  let mayReadB = true;
  const object = (namespace: string, resourceVersion: string) => ({
    ...{ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', spec: {} },
    metadata: { namespace, name: `of-${namespace}`, uid: namespace, resourceVersion },
  });
  const { client } = await localServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [, namespace = ''] = /namespaces\/(.)/.exec(pathname) ?? [];
    const isWatch = searchParams.has('watch');
    asked.push(`${isWatch ? 'watch' : 'list'} ${namespace}`);
    if (namespace === 'b' && !mayReadB) return refuse(response, 403);
    if (!isWatch) {
      return response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: [object(namespace, '4')] }));
    }
    response.writeHead(200).flushHeaders();
    return watches.set(namespace, response);
  });
  const told: string[] = [];
  const follower = {
    listed: (items: unknown[], _unreadable: unknown, namespace?: string) =>
      void told.push(`${items.length} in ${namespace}`),
    changed: ({ type }: WatchEvent<'LiveStream'>) => void told.push(type),
    failed: (error: unknown) => void told.push((error as Error).name),
    complete: () => void told.push('complete'),
  };
  const stop = new AbortController();
  const following = follow(
    kubeResourceStores({ client, logger: silent, namespaces: ['a', 'b'] }),
    'LiveStream',
    follower,
    stop.signal,
  );
  onTestFinished(async () => {
    stop.abort();
    await following;
  });
  await vi.waitFor(() => expect(watches.size).toBe(2));
  expect(told.splice(0).toSorted()).toEqual(['1 in a', '1 in b', 'complete']);

  mayReadB = false;
  watches.get('b')?.end();
  const listsOfB = () => asked.filter((what) => what === 'list b').length;
  await vi.waitFor(() => expect(listsOfB()).toBeGreaterThan(3), 10_000);
  expect(told.splice(0)).toEqual(['ForbiddenError']);
  watches.get('a')?.write(`${JSON.stringify({ type: 'MODIFIED', object: object('a', '6') })}\n`);
  await vi.waitFor(() => expect(told.splice(0)).toEqual(['modified']));
  expect(asked.filter((what) => what === 'watch a')).toHaveLength(1);

  mayReadB = true;
  await vi.waitFor(() => expect(told.splice(0)).toEqual(['1 in b']), 10_000);
});
