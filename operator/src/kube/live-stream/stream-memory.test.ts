import { liveStreamSchema } from '@showrunner/crds';
import { KUBE, type KubeResource } from '@showrunner/service-kit/kube';
import { expect, it } from 'vitest';
import { newStreamMemory, renewFresh } from './stream-memory.ts';

const STREAM = liveStreamSchema.parse({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { name: 'live', namespace: 'team' },
});

it('offers the same new keys until they are used, and then others', () => {
  const memory = newStreamMemory('uid');
  const first = memory.fresh;
  const written = (resource: KubeResource, name: string) =>
    renewFresh(memory, STREAM, { resource, object: { metadata: { name, namespace: 'team' } } });
  written(KUBE.services, 'live-stream-key');
  written(KUBE.secrets, 'other');
  expect(memory.fresh).toEqual(first);
  written(KUBE.secrets, 'live-stream-key');
  expect(memory.fresh).toEqual({ streamKey: expect.any(String) as string, flvToken: first.flvToken });
  expect(memory.fresh.streamKey).not.toBe(first.streamKey);
  written(KUBE.secrets, 'live-live-stream');
  expect(memory.fresh.flvToken).not.toBe(first.flvToken);
});
