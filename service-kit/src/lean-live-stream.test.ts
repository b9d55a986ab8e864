import { liveStreamSchema } from '@showrunner/crds';
import { expect, it } from 'vitest';
import { leanLiveStream } from './lean-live-stream.ts';

it('says of a LiveStream all but how its pods are made, and what others wrote into its metadata', () => {
  const identity = { namespace: 'team', name: 'show', uid: 'u', resourceVersion: '7' };
  const stream = (metadata: object, pod: object) =>
    liveStreamSchema.parse({
      apiVersion: 'showrunner.dev/v1alpha1',
      kind: 'LiveStream',
      metadata: { ...identity, ...metadata },
      spec: { title: 'A show', ingest: { takeover: 'refuse', ...pod }, transcode: { ladder: '720p', ...pod } },
      status: { phase: 'Live' },
    });
  const long = stream({ annotations: { a: 'b' }, finalizers: ['a/b'] }, { pod: { affinity: { nodeAffinity: {} } } });
  expect(leanLiveStream(long)).toEqual(stream({}, {}));
});
