import { KUBE, type KubeClient, KubeError, type KubeObject } from '@showrunner/service-kit/kube';
import { expect, it } from 'vitest';
import { serviceOf } from '../decide/live-stream/manifests.ts';
import { liveStream } from '../decide/live-stream/testing/world.ts';
import { Writer } from './writer.ts';

const service = serviceOf(liveStream(), 'ingest');

/** Applies the Service where `present` is there, and answers what was applied. */
async function applied(present: KubeObject | undefined, uid?: string): Promise<object[]> {
  const sent: object[] = [];
  const client = {
    until: () => client,
    get: async () => {
      if (!present) throw new KubeError(404, {});
      return present;
    },
    apply: async (_resource: unknown, object: KubeObject, options: object) => {
      const { uid, resourceVersion } = object.metadata;
      if (resourceVersion !== undefined && present) throw new KubeError(409, { reason: 'Conflict' });
      sent.push({ uid, ...options });
      return object;
    },
  } as unknown as KubeClient;
  const term = { signal: new AbortController().signal, isValid: () => true };
  await new Writer({ client, term, onWrite: () => undefined }).apply(KUBE.services, service, uid);
  return sent;
}

it('makes an object by an apply without force, where none or our own has its name', async () => {
  const made = [{ uid: undefined, fieldManager: 'showrunner-operator', force: false }];
  expect(await applied(undefined)).toEqual(made);
  expect(await applied(service)).toEqual(made);
});

it("adopts no stranger's object", async () => {
  const theirs = { ...service, metadata: { name: 'live-ingest', namespace: 'team', labels: { app: 'theirs' } } };
  await expect(applied(theirs)).rejects.toMatchObject({ code: 409, reason: 'AlreadyExists' });
});

it('changes an object that is known by force, and no other of its name', async () => {
  expect(await applied(undefined, 'u')).toEqual([{ uid: 'u', fieldManager: 'showrunner-operator', force: true }]);
});
