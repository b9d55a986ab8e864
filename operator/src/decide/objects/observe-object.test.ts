import { describe, expect, it } from 'vitest';
import { hashOf, withHash } from './hash.ts';
import { observeDeployment, observeObject, observePod, observeSecret, type PodObject } from './observe-object.ts';

const metadata = {
  name: 'live-ingest',
  namespace: 'team',
  uid: 'one',
  creationTimestamp: '2026-01-02T03:04:05Z',
  labels: { 'app.kubernetes.io/managed-by': 'showrunner' },
  ownerReferences: [{ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', name: 'live', uid: 'owner' }],
};
const CREATED = Date.parse('2026-01-02T03:04:05Z');

const manifest = (replicas: number) =>
  withHash({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'live-ingest', namespace: 'team' },
    spec: { replicas },
  });

/** A Deployment as the API gives it back. */
function deployment(replicas: number, desired = manifest(1)) {
  const annotations = { ...desired.metadata.annotations, 'deployment.kubernetes.io/revision': '1' };
  return { ...desired, metadata: { ...metadata, annotations }, spec: { replicas, progressDeadlineSeconds: 600 } };
}

describe('an object', () => {
  it('is kept as what decisions read', () => {
    expect(observeObject(deployment(1), manifest(1))).toEqual({
      uid: 'one',
      ownerUid: 'owner',
      managed: true,
      applied: manifest(1).metadata.annotations?.['showrunner.dev/applied'],
      drifted: false,
      deleting: false,
      createdAt: CREATED,
    });
  });

  it('has drifted where somebody changed what was applied, and not where another manifest was', () => {
    expect(observeObject(deployment(3), manifest(1)).drifted).toBe(true);
    expect(observeObject(deployment(2, manifest(2)), manifest(1)).drifted).toBe(false);
    expect(observeObject(deployment(3), undefined).drifted).toBe(false);
  });
});

it('of a Deployment the template and what keeps its pods away are kept', () => {
  const annotations = { 'showrunner.dev/template': 'hash' };
  const conditions = [
    { type: 'Available', status: 'False', message: 'no' },
    { type: 'ReplicaFailure', status: 'True', message: `pods "x" is forbidden: ${'x'.repeat(2_000)}` },
  ];
  const observed = observeDeployment({ metadata: { ...metadata, annotations }, status: { conditions } }, undefined);
  expect(observed.template).toBe('hash');
  expect(observed.failure).toMatch(/^pods "x" is forbidden: x+$/);
  expect(observed.failure).toHaveLength(1_000);
});

it('of a Secret the hash of what is in it is kept, and when it was last changed', () => {
  const data = { a: 'eA==' };
  const secret = (hash: string) => ({
    metadata: {
      ...metadata,
      annotations: { 'showrunner.dev/config': hash },
      managedFields: [{ time: '2026-01-02T04:00:00Z' }, { time: '2026-01-02T03:30:00Z' }, {}],
    },
    data,
  });
  expect(observeSecret(secret(hashOf(data)))).toMatchObject({
    content: hashOf(data),
    drifted: false,
    changedAt: Date.parse('2026-01-02T04:00:00Z'),
  });
  expect(observeSecret(secret('another')).drifted).toBe(true);
});

describe('a pod', () => {
  const pod = (status: PodObject['status']): PodObject => ({
    metadata,
    spec: { nodeName: 'node1' },
    status: status ?? {},
  });

  it('is kept as what decisions read', () => {
    const annotations = {
      'showrunner.dev/template': 'a',
      'showrunner.dev/config': 'b',
      'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
    };
    const status = { phase: 'Running', podIP: '10.0.0.7', conditions: [{ type: 'Ready', status: 'True' }] };
    expect(observePod({ ...pod(status), metadata: { ...metadata, annotations } })).toEqual({
      name: 'live-ingest',
      uid: 'one',
      createdAt: CREATED,
      ready: true,
      finished: false,
      deleting: false,
      ip: '10.0.0.7',
      node: 'node1',
      template: 'a',
      config: 'b',
      safeToEvict: 'false',
    });
  });

  it.each([
    [
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }] },
      { reason: 'Unschedulable', message: '0/1 nodes', isStuck: true },
    ],
    [
      { containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } }] },
      { reason: 'ImagePullBackOff', message: 'no such image', isStuck: true },
    ],
    [{ containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }] }, undefined],
    [
      { containerStatuses: [{ restartCount: 0, state: { terminated: { reason: 'Error', exitCode: 1 } } }] },
      { reason: 'Crashed', message: 'exit code 1', isStuck: false },
    ],
    // Waiting to be started again, and running again but not ready.
    [
      {
        containerStatuses: [
          {
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
            lastState: { terminated: { reason: 'Error', exitCode: 1 } },
          },
        ],
      },
      { reason: 'Crashed', message: 'exit code 1', isStuck: true },
    ],
    [
      {
        containerStatuses: [
          { restartCount: 4, state: {}, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } },
        ],
      },
      { reason: 'OOMKilled', message: 'exit code 137', isStuck: false },
    ],
    [
      { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      { reason: 'Evicted', message: 'low on memory', isStuck: false },
    ],
    [{ phase: 'Running' }, undefined],
  ])('is in trouble: %j', (status, trouble) => {
    expect(observePod(pod(status)).trouble).toEqual(trouble);
  });
});
