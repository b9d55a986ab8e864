import { expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { KubeResourceStore } from './kube-resource-store.ts';
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
