import { API_VERSION, type LiveStream } from '@showrunner/crds';
import { streamId, type ResourceStore } from '@showrunner/service-kit';

/** What commands mean that name no stream. */
export const FIRST_SHOW = { namespace: 'default', name: 'live' } as const;

/** Makes `default/live` where there is no stream at all. Returns the stream that the first lines speak of: one that may be published to. */
export async function ensureFirstShow(resources: ResourceStore): Promise<{ stream: LiveStream; isFirst: boolean }> {
  const { items } = await resources.list('LiveStream');
  const isFirstShow = ({ metadata }: LiveStream) => streamId(metadata) === streamId(FIRST_SHOW);
  const byPreference = [...items.filter(isFirstShow), ...items];
  const stream = byPreference.find(({ spec }) => spec.enabled) ?? byPreference[0];
  if (stream) return { stream, isFirst: false };
  const first = { apiVersion: API_VERSION, kind: 'LiveStream', metadata: FIRST_SHOW, spec: { title: 'My first show' } };
  return { stream: await resources.apply('LiveStream', first), isFirst: true };
}
