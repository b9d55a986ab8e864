import { API_VERSION, type LiveStream } from '@showrunner/crds';
import type { ResourceStore } from '@showrunner/service-kit';

/** What commands mean that name no stream. */
export const FIRST_SHOW = { namespace: 'default', name: 'live' } as const;

/** Makes `default/live` where there is no stream at all. Returns the stream that the first lines speak of. */
export async function ensureFirstShow(resources: ResourceStore): Promise<{ stream: LiveStream; isFirst: boolean }> {
  const { items } = await resources.list('LiveStream');
  const known = items.find(
    ({ metadata }) => metadata.name === FIRST_SHOW.name && metadata.namespace === FIRST_SHOW.namespace,
  );
  const stream = known ?? items[0];
  if (stream) return { stream, isFirst: false };
  const first = { apiVersion: API_VERSION, kind: 'LiveStream', metadata: FIRST_SHOW, spec: { title: 'My first show' } };
  return { stream: await resources.apply('LiveStream', first), isFirst: true };
}
