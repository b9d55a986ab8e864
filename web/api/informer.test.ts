import { liveStreamSchema } from '@showrunner/crds';
import { type Feed, ForbiddenError, type WatchEvent } from '@showrunner/service-kit';
import { expect, it, vi } from 'vitest';
import { LiveStreamInformer } from './informer.ts';

const show = liveStreamSchema.parse({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { name: 'show', uid: 'u' },
  spec: { ingest: { pod: { image: 'own' } } },
});
const REF = { namespace: 'default', name: 'show' };

it('shows no stream that can be read no longer, and keeps nothing of how pods are made', async () => {
  const { promise, resolve: tell } = Promise.withResolvers<WatchEvent<'LiveStream'>>();
  const feed: Feed<'LiveStream'> = {
    list: async () => ({ items: [show], resourceVersion: '1' }),
    async *watch(_kind, { signal }) {
      yield await promise;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const informer = new LiveStreamInformer([feed], { warn: () => undefined });
  const told: string[] = [];
  informer.onChange(({ type }) => told.push(type));
  await informer.start();
  expect(informer.get(REF)?.spec.ingest).not.toHaveProperty('pod');
  tell({ type: 'unreadable', identity: { ...REF, uid: 'u' } });
  await vi.waitFor(() => expect(told).toEqual(['changed', 'removed']));
  expect(informer.get(REF)).toBeUndefined();
  await informer.close();
});

it('knows all there is where one of its namespaces may not be read, and takes no list for word of another', async () => {
  const feed = (namespace: string, list: Feed<'LiveStream'>['list']): Feed<'LiveStream'> => ({
    namespace,
    list,
    async *watch(_kind, { signal }) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      yield* [];
    },
  });
  const inTeam = liveStreamSchema.parse({ ...show, metadata: { namespace: 'team', name: 'show' } });
  const informer = new LiveStreamInformer(
    [
      feed('default', async () => ({ items: [show], resourceVersion: '1' })),
      feed('gone', async () => Promise.reject(new ForbiddenError('Nobody may read that.'))),
      feed('team', async () => ({ items: [inTeam], resourceVersion: '1' })),
    ],
    { warn: () => undefined },
  );
  await informer.start();
  await vi.waitFor(() => expect(informer.synced).toBe(true), 10_000);
  expect(informer.all().map(({ metadata }) => metadata.namespace)).toEqual(['default', 'team']);
  await informer.close();
});
