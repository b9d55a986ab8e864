import { expect, it } from 'vitest';
import { createLogger } from '../logger.ts';
import { KubeResourceStore } from './kube-resource-store.ts';
import { localServer } from './testing/local-server.ts';

// All else is tried on a real API server, in tests/cluster-stories.
it('names in a list what is there and breaks a rule of this version', async () => {
  const item = (name: string, spec: object) => ({ metadata: { name, namespace: 'ns', uid: `uid-of-${name}` }, spec });
  const items = [item('good', {}), item('bad', { startAt: 'soon' })];
  const { client } = await localServer((_request, response) =>
    response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items })),
  );
  const store = new KubeResourceStore({ client, logger: createLogger({ name: 'test', level: 'silent' }) });
  const listed = await store.list('LiveStream');
  expect(listed.items.map(({ metadata }) => metadata.name)).toEqual(['good']);
  expect(listed.unreadable).toEqual([{ namespace: 'ns', name: 'bad', uid: 'uid-of-bad' }]);
});
