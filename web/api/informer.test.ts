import { liveStreamSchema } from '@showrunner/crds';
import type { Feed, WatchEvent } from '@showrunner/service-kit';
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
  const informer = new LiveStreamInformer(feed, { warn: () => undefined });
  const told: string[] = [];
  informer.onChange(({ type }) => told.push(type));
  await informer.start();
  expect(informer.get(REF)?.spec.ingest).not.toHaveProperty('pod');
  tell({ type: 'unreadable', identity: { ...REF, uid: 'u' } });
  await vi.waitFor(() => expect(told).toEqual(['changed', 'removed']));
  expect(informer.get(REF)).toBeUndefined();
  await informer.close();
});
