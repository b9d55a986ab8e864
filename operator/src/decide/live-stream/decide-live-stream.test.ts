import type { LiveStream } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../decision.ts';
import { annotationOf, CONFIG } from '../objects/labels.ts';
import type { SecretObject } from '../objects/observe-object.ts';
import { nameOf } from './decide-objects.ts';
import { START, World, isEmpty } from './testing/world.ts';

const MINUTE = 60_000;
const WARM = [
  'Deployment live-ingest',
  'Deployment live-transcoder',
  'Pod live-ingest',
  'Pod live-transcoder',
  'Secret live-live-stream',
  'Secret live-stream-key',
  'Service live-ingest',
  'Service live-transcoder',
];
const kinds = (world: World) => world.names.map((name) => name.replace(/-[0-9]+$/, ''));

const condition = (world: World, type: string) => world.stream.status?.conditions?.find((one) => one.type === type);

/** A warm stream whose pods are ready. */
function warm(spec: object = {}): World {
  const world = new World(spec);
  world.settle();
  return world;
}

/** The stream as its pods know it. */
function toldPods(world: World): LiveStream {
  const data = world.object<SecretObject>('Secret', 'live-live-stream')?.data?.['live-stream.json'] ?? '';
  return JSON.parse(Buffer.from(data, 'base64').toString()) as LiveStream;
}

function goLive(world: World): void {
  world.ingest = { state: 'live', onAirSince: new Date(world.now).toISOString() };
  world.transcoder = { show: 'running', firstMediaSeconds: 0.25 };
  world.settle();
}

function endShow(world: World): void {
  world.ingest = { state: 'off' };
  world.transcoder = { show: 'ended' };
  world.settle();
}

describe('a warm stream', () => {
  it('is left alone where somebody else adds a condition of their own', () => {
    const world = warm();
    const { status } = world.stream;
    const theirs = {
      type: 'AuditPassed',
      status: 'True',
      reason: 'Seen',
      message: '',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    } as const;
    world.stream = { ...world.stream, status: { ...status!, conditions: [theirs, ...(status?.conditions ?? [])] } };
    expect(isEmpty(world.decide())).toBe(true);
  });

  it('gets its key, its configuration, Services and Deployments at once, and is ready when its pods are', () => {
    const world = new World();
    world.podsStart = false;
    const first = world.step();
    expect(
      [...first.create, ...first.apply.map(({ manifest }) => manifest)].map((one) => [one.kind, one.metadata.name]),
    ).toEqual([
      ['Secret', 'live-stream-key'],
      ['Secret', 'live-live-stream'],
      ['Service', 'live-ingest'],
      ['Deployment', 'live-ingest'],
      ['Service', 'live-transcoder'],
      ['Deployment', 'live-transcoder'],
    ]);
    expect(world.stream.status).toMatchObject({ phase: 'Pending', observedGeneration: 1 });
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'Starting' });
    expect(condition(world, 'Reconciling')).toMatchObject({ status: 'True' });
    expect(isEmpty(world.decide())).toBe(true);
    world.podsStart = true;
    world.runPods();
    world.settle();
    expect(world.stream.status?.phase).toBe('Ready');
    expect(world.stream.status?.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'Ready True',
      'IngestReady True',
      'TranscoderReady True',
      'Live False',
    ]);
    expect(kinds(world)).toEqual(WARM);
    expect(world.events).toEqual(['StreamKeyMade', 'PodsStarted', 'Ready']);
  });

  it('holds no pods any more when its show has been over for idleAfter, and gets them back for who knocks', () => {
    const world = warm({ idleAfter: '1m' });
    goLive(world);
    world.now += 10 * MINUTE;
    endShow(world);
    expect(world.decide()).toMatchObject({ lookAgainMs: MINUTE, poll: 'active' });
    world.now += MINUTE;
    world.settle();
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(world.stream.status).toMatchObject({ phase: 'Ended' });
    expect(condition(world, 'Ready')).toMatchObject({ status: 'True', reason: 'StartsOnDemand' });
    world.knockedAt = world.now;
    world.settle();
    expect(kinds(world)).toEqual(WARM);
  });
});

describe('a cold stream', () => {
  it('has nothing but its key until a publisher knocks', () => {
    const world = warm({ standby: 'cold' });
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(world.stream.status?.phase).toBe('Ready');
    expect(world.decide()).toMatchObject({ poll: 'none', lookAgainMs: undefined });
    expect(condition(world, 'IngestReady')).toMatchObject({ status: 'False', reason: 'OnDemand' });
    world.knockedAt = world.now;
    world.settle();
    expect(kinds(world)).toEqual(WARM);
    expect(world.decide()).toMatchObject({ poll: 'active', lookAgainMs: 5 * MINUTE });
  });

  it('keeps the pods of a knock that its operator forgot by dying', () => {
    const world = warm({ standby: 'cold' });
    world.knockedAt = world.now;
    world.settle();
    world.knockedAt = undefined;
    world.followed = undefined;
    world.now += MINUTE;
    world.settle();
    expect(kinds(world)).toEqual(WARM);
    world.now += 4 * MINUTE;
    world.settle();
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(world.events.slice(-1)).toEqual(['PodsStopped']);
  });

  it('is started a minute before its plan', () => {
    const world = warm({ standby: 'cold', startAt: new Date(START + 10 * MINUTE).toISOString() });
    expect(world.decide()).toMatchObject({ lookAgainMs: 9 * MINUTE });
    world.now += 9 * MINUTE;
    world.settle();
    expect(kinds(world)).toEqual(WARM);
  });

  it('keeps its pods while nobody can say whether a publisher is there', () => {
    const world = warm({ standby: 'cold' });
    world.knockedAt = world.now;
    world.settle();
    world.ingest = undefined;
    world.now += 60 * MINUTE;
    world.settle();
    expect(kinds(world)).toEqual(WARM);
    world.now += MINUTE;
    world.settle();
    expect(condition(world, 'Degraded')).toMatchObject({ reason: 'StateUnknown' });
  });
});

describe('a show', () => {
  it('is protected while it is on air, and told about', () => {
    const world = warm();
    world.events.length = 0;
    goLive(world);
    expect(world.names).toContain('PodDisruptionBudget live-ingest');
    expect(world.names).toContain('PodDisruptionBudget live-transcoder');
    expect(world.pods.map(({ metadata }) => metadata.annotations)).toEqual([
      expect.objectContaining({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }),
      expect.objectContaining({ 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' }),
    ]);
    expect(condition(world, 'FirstSegmentReady')?.message).toBe('Playable 0.25 s after the publisher started.');
    world.ingest = { state: 'reconnecting', onAirSince: new Date(START).toISOString() };
    world.settle();
    expect(world.stream.status?.phase).toBe('Reconnecting');
    world.ingest = { state: 'live', onAirSince: new Date(START).toISOString() };
    world.settle();
    world.now += 62 * MINUTE + 3_000;
    endShow(world);
    expect(world.stream.status).toMatchObject({ phase: 'Ended', startedAt: '2026-01-02T03:04:05.000Z' });
    expect(world.names).not.toContain('PodDisruptionBudget live-ingest');
    expect(JSON.stringify(world.pods)).not.toContain('safe-to-evict');
    expect(world.events).toEqual([
      'ShowStarted',
      'FirstSegmentReady',
      'PublisherDropped',
      'PublisherReturned',
      'ShowEnded',
    ]);
  });

  it('is told to the pods that have to go on with it, until it is over', () => {
    const world = warm();
    const toldSince = () => toldPods(world).status?.startedAt;
    expect(toldSince()).toBe(undefined);
    goLive(world);
    expect(toldSince()).toBe(world.stream.status?.startedAt);
    // Both pods are lost: those in their place have no publisher yet.
    for (const { metadata } of world.pods) world.objects.delete(`Pod ${metadata.name}`);
    world.ingest = { state: 'off' };
    world.transcoder = { show: 'none' };
    world.runPods();
    world.settle();
    world.now += 10_000;
    world.settle();
    expect([world.stream.status?.phase, toldSince()]).toEqual(['Reconnecting', '2026-01-02T03:04:05.000Z']);
    const before = world.pods.map((pod) => annotationOf(pod, CONFIG));
    world.now += 30_000;
    world.settle();
    expect([world.stream.status?.phase, toldSince()]).toEqual(['Ended', undefined]);
    for (const pod of world.pods) expect(before).not.toContain(annotationOf(pod, CONFIG));
  });

  it('goes on through an operator that starts anew', () => {
    const world = warm();
    goLive(world);
    const { status } = world.stream;
    world.followed = undefined;
    world.now += MINUTE;
    expect(isEmpty(world.step())).toBe(true);
    world.transcoder = { show: 'running' };
    world.settle();
    expect(world.stream.status).toEqual(status);
  });

  it('whose pods have not answered for five minutes is asked about more seldom', () => {
    const world = warm();
    goLive(world);
    world.ingest = undefined;
    world.settle();
    expect(world.decide().poll).toBe('active');
    world.now += 4 * MINUTE;
    world.settle();
    expect(world.decide()).toMatchObject({ poll: 'active', lookAgainMs: MINUTE });
    world.now += MINUTE;
    world.settle();
    expect(world.decide().poll).toBe('sweep');
    goLive(world);
    expect(world.decide().poll).toBe('active');
  });

  it('is not cut by a newer image, which follows a moment after it', () => {
    const world = warm();
    goLive(world);
    world.events.length = 0;
    world.settings = {
      ...world.settings,
      images: { ingest: 'example.com/ingest:2', transcoder: 'example.com/transcoder:2' },
    };
    const pods = world.pods.map(({ metadata }) => metadata.name);
    world.settle();
    expect(condition(world, 'UpdatePending')).toMatchObject({ status: 'True', reason: 'ShowRunning' });
    world.now += MINUTE;
    endShow(world);
    expect(world.pods.map(({ metadata }) => metadata.name)).toEqual(pods);
    // Three segments of two seconds, and four seconds for slow viewers.
    expect(world.decide().lookAgainMs).toBe(10_000);
    world.now += 10_000;
    world.settle();
    expect(JSON.stringify(world.pods.map(({ metadata }) => metadata.name))).not.toBe(JSON.stringify(pods));
    expect(condition(world, 'UpdatePending')).toBeUndefined();
    expect(world.events.filter((event) => event.startsWith('Update'))).toEqual(['UpdatePending', 'UpdateApplied']);
  });

  it('that nobody knocked for is looked for before pods are replaced or stopped', () => {
    const world = warm();
    world.now += MINUTE;
    world.settings = { ...world.settings, logLevel: 'debug' };
    expect(world.decide()).toMatchObject({ apply: [], poll: 'active', lookAgainMs: 1_500, status: undefined });
    world.ingest = { state: 'live', onAirSince: new Date(world.now).toISOString() };
    world.settle();
    expect(condition(world, 'UpdatePending')?.reason).toBe('ShowRunning');

    const cold = warm({ standby: 'cold' });
    cold.knockedAt = cold.now;
    cold.settle();
    cold.now += 5 * MINUTE;
    expect(cold.decide()).toMatchObject({ delete: [], poll: 'active', lookAgainMs: 1_500, status: undefined });
    cold.now += 1_500;
    cold.settle();
    expect(cold.names).toEqual(['Secret live-stream-key']);
  });

  it('is not cut in the moment between the knock and its publisher', () => {
    const world = warm();
    world.knockedAt = world.now;
    world.settings = { ...world.settings, logLevel: 'debug' };
    world.poll();
    world.now += 9_000;
    world.poll();
    expect(world.decide()).toMatchObject({ apply: [], poll: 'active', lookAgainMs: 1_500, status: undefined });
    world.edit({ updatePolicy: 'immediately' });
    expect(world.decide().apply.map(({ manifest }) => manifest.kind)).toContain('Deployment');
    world.edit({});
    world.now += 1_000;
    world.poll();
    expect(world.decide().apply.map(({ manifest }) => manifest.kind)).toContain('Deployment');

    const unwanted = warm();
    unwanted.knockedAt = unwanted.now;
    unwanted.settings = { ...unwanted.settings, maxLadder: '720p' };
    unwanted.edit({ transcode: { ladder: '1080p' } });
    expect(unwanted.decide().delete).toEqual([]);
    unwanted.now += 10_000;
    unwanted.poll();
    expect(unwanted.decide().delete).not.toEqual([]);
  });

  it('is cut where the spec asks for it', () => {
    const world = warm({ updatePolicy: 'immediately' });
    goLive(world);
    world.settings = { ...world.settings, logLevel: 'debug' };
    expect(world.step().apply.map(({ manifest }) => manifest.kind)).toEqual(['Deployment', 'Deployment']);
  });

  it('goes on as it began where its ladder is edited, which the next one takes', () => {
    const world = warm();
    const ladder = () => toldPods(world).spec.transcode.ladder;
    goLive(world);
    world.edit({ transcode: { ladder: '480p' } });
    expect(world.step().apply).toEqual([]);
    expect(condition(world, 'UpdatePending')?.reason).toBe('ShowRunning');
    world.settle();
    expect(ladder()).toBe('none');
    endShow(world);
    expect(ladder()).toBe('480p');
  });

  it('ends with its stream disabled: first by itself, then with its pods', () => {
    const world = warm();
    goLive(world);
    world.edit({ enabled: false });
    const { apply, delete: removed, lookAgainMs } = world.step();
    expect(apply.map(({ manifest }) => manifest.metadata.name)).toEqual(['live-live-stream']);
    expect([removed, lookAgainMs]).toEqual([[], 15_000]);
    endShow(world);
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(condition(world, 'Disabled')).toMatchObject({ status: 'True' });

    const deaf = warm();
    goLive(deaf);
    deaf.edit({ enabled: false });
    deaf.step();
    deaf.now += 15_000;
    deaf.step();
    expect(deaf.names).toEqual(
      [...deaf.pods.map(({ metadata }) => `Pod ${metadata.name}`), 'Secret live-stream-key'].sort(),
    );
  });

  it('survives the loss of its key Secret', () => {
    const world = warm({ ingest: { keySecretRef: { name: 'mine' } } });
    expect(world.stream.status?.phase).toBe('Failed');
    const key = { streamKey: Buffer.from('a-key-of-some-length').toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: 'team' }, data: key };
    world.put(secret);
    world.settle();
    goLive(world);
    const pods = world.pods.length;
    world.objects.delete('Secret mine');
    world.settle();
    expect([world.pods.length, world.stream.status?.phase]).toEqual([pods, 'Live']);
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'SecretMissing' });
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'SecretMissing' });
  });
});

describe('a stream whose namespace is being deleted', () => {
  it('is let go, lets nobody in, and is left to Kubernetes, which takes nothing new', () => {
    const world = warm();
    goLive(world);
    world.namespaceTerminating = true;
    const { status, ...rest } = world.step();
    expect(rest).toMatchObject({ create: [], apply: [], delete: [], podAnnotations: [], events: [], poll: 'active' });
    expect(status?.ingest?.keyHashes).toEqual([]);
    const message = 'Namespace "team" is being deleted: a running show is ended, and no publisher is let in any more.';
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'NamespaceTerminating', message });
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'NamespaceTerminating', message });
    expect(condition(world, 'Reconciling')).toBeUndefined();
    expect(world.stream.status?.phase).toBe('Live');
    expect(isEmpty(world.decide())).toBe(true);
    // What Kubernetes takes away stays away.
    world.ingest = { state: 'off' };
    world.transcoder = { show: 'ended' };
    world.settle();
    expect(world.stream.status?.phase).toBe('Failed');
    for (const { metadata } of world.pods) world.objects.delete(`Pod ${metadata.name}`);
    world.podsStart = false;
    world.settle();
    world.objects.clear();
    world.settle();
    expect(world.decide()).toMatchObject({ lookAgainMs: undefined, poll: 'none', standing: 'enough' });
    expect(world.names).toEqual([]);
  });

  it('starts no pods for who knocks', () => {
    const world = warm({ standby: 'cold' });
    world.namespaceTerminating = true;
    world.knockedAt = world.now;
    world.settle();
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(condition(world, 'IngestReady')).toMatchObject({ status: 'False', reason: 'NotStarted' });
  });
});

describe('what somebody else did', () => {
  it('is put right where it changed what we want, while nobody is on air', () => {
    const world = warm();
    const service = world.object<Manifest>('Service', 'live-ingest')!;
    world.put({ ...service, spec: { ...(service.spec as object), selector: { other: 'pods' } } });
    expect(world.step().apply.map(({ manifest }) => manifest.metadata.name)).toEqual(['live-ingest']);
    const deployment = world.object<Manifest>('Deployment', 'live-ingest')!;
    goLive(world);
    world.put({ ...deployment, spec: { ...(deployment.spec as object), replicas: 3 } });
    world.settle();
    expect(condition(world, 'UpdatePending')).toBeDefined();
    expect(world.object<Manifest>('Deployment', 'live-ingest')?.spec).toMatchObject({ replicas: 3 });
    endShow(world);
    world.now += MINUTE;
    world.settle();
    expect(world.object<Manifest>('Deployment', 'live-ingest')?.spec).toMatchObject({ replicas: 1 });
  });

  it('is made again where it deleted what we need, even on air', () => {
    const world = warm();
    goLive(world);
    world.objects.delete('Service live-transcoder');
    world.objects.delete('Deployment live-transcoder');
    world.settle();
    expect(world.names).toContain('Service live-transcoder');
    expect(world.names).toContain('Deployment live-transcoder');
  });

  it('is left alone where it has a name that we need', () => {
    const world = new World();
    const theirs = world.put({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'live-ingest', namespace: 'team' },
      spec: { ports: [{ port: 80 }] },
    });
    world.settle();
    expect(world.object('Service', 'live-ingest')).toBe(theirs);
    expect(condition(world, 'Ready')).toMatchObject({
      reason: 'NameTaken',
      message:
        'There is already a Service "live-ingest" in namespace "team" that is not this LiveStream\'s; rename or delete it, or name the LiveStream otherwise.',
    });
    expect(world.names).toEqual(['Secret live-stream-key', 'Service live-ingest']);
  });

  it('waits until what a deleted stream of the same name left is gone', () => {
    const world = warm();
    const uids = new Set([...world.objects.values()].map(({ metadata }) => metadata.uid));
    world.stream = { ...world.stream, metadata: { ...world.stream.metadata, uid: 'another' } };
    delete world.stream.status;
    world.followed = undefined;
    expect(world.step().delete).toHaveLength(6);
    expect(condition(world, 'Ready')?.reason).toBe('Replacing');
    world.runPods();
    world.settle();
    expect(kinds(world)).toEqual(WARM);
    expect([...world.objects.values()].filter(({ metadata }) => uids.has(metadata.uid))).toEqual([]);
  });
});

describe('what cannot work', () => {
  it('has no pods: a ladder above the limit', () => {
    const world = warm();
    world.settings = { ...world.settings, maxLadder: '720p' };
    world.edit({ transcode: { ladder: '1080p' } });
    world.settle();
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(world.stream.status?.phase).toBe('Failed');
    expect(condition(world, 'Ready')?.message).toBe(
      'spec.transcode.ladder: 1080p is taller than 720p, the most that this platform allows.',
    );
    expect(world.decide()).toMatchObject({ lookAgainMs: undefined, poll: 'none' });
    world.edit({ transcode: { ladder: '720p' } });
    world.settle();
    expect(kinds(world)).toEqual(WARM);
  });

  it.each([
    ['Deployment.apps "live-ingest" is invalid: spec.template.spec.x: Invalid value', 'ObjectRefused', 'Failed'],
    [
      'deployments.apps "live-ingest" is forbidden: exceeded quota: team, requested: count/deployments.apps=1, used: count/deployments.apps=3, limited: count/deployments.apps=3',
      'QuotaExceeded',
      'Pending',
    ],
  ])('is not tried again at once: %s', (message, reason, phase) => {
    const world = new World();
    world.podsStart = false;
    const { apply } = world.decide();
    const refused = apply.find(({ manifest }) => manifest.kind === 'Deployment')!.manifest;
    world.step();
    world.objects.delete('Deployment live-ingest');
    const applied = refused.metadata.annotations?.['showrunner.dev/applied'] ?? '';
    world.refusals = [{ object: 'Deployment "live-ingest"', applied, message, at: world.now }];
    expect(world.step().apply).toEqual([]);
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason });
    expect(world.stream.status?.phase).toBe(phase);
    expect(isEmpty(world.decide())).toBe(true);
    expect(world.decide().lookAgainMs).toBe(MINUTE);
    world.now += MINUTE;
    expect(world.decide().apply).toHaveLength(1);
    // Another spec is another object: tried at once.
    world.now -= MINUTE;
    world.edit({ ingest: { pod: { nodeSelector: { disk: 'fast' } } } });
    expect(world.step().apply.map(({ manifest }) => manifest.metadata.name)).toEqual(['live-ingest']);
    expect(condition(world, 'Ready')?.reason).toBe('Starting');
  });

  it('is not said to start pods while both Deployments are refused', () => {
    const world = new World();
    world.podsStart = false;
    const { apply } = world.step();
    const refused = apply.map(({ manifest }) => manifest).filter(({ kind }) => kind === 'Deployment');
    for (const { metadata } of refused) world.objects.delete(`Deployment ${metadata.name}`);
    world.refusals = refused.map((manifest) => ({
      object: nameOf(manifest),
      applied: manifest.metadata.annotations?.['showrunner.dev/applied'] ?? '',
      message: 'spec is invalid',
      at: world.now,
    }));
    expect(world.step().events.map(({ reason }) => reason)).toEqual(['Stalled']);
    expect(isEmpty(world.decide())).toBe(true);
  });

  it('a key that another stream had first', () => {
    const world = new World();
    world.usedBy = 'team/other';
    world.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'live-stream-key', namespace: 'team' },
      data: { streamKey: Buffer.from('a-key-of-some-length').toString('base64') },
    });
    world.settle();
    expect(condition(world, 'Stalled')).toMatchObject({ reason: 'KeyInUse' });
    expect(world.names).toEqual(['Secret live-stream-key']);
  });
});

it('does nothing for a stream that is being deleted', () => {
  const world = warm();
  world.stream = { ...world.stream, metadata: { ...world.stream.metadata, deletionTimestamp: '2026-01-02T03:04:05Z' } };
  expect(isEmpty(world.decide())).toBe(true);
});

it('tells of a rotated key without telling it', () => {
  const world = warm();
  const secret = world.object<Manifest>('Secret', 'live-stream-key')!;
  world.put({ ...secret, data: { streamKey: Buffer.from('another-key-of-length').toString('base64') } });
  const { events, apply, podAnnotations, lookAgainMs } = world.step();
  expect(events).toEqual([
    {
      type: 'Normal',
      reason: 'KeyRotated',
      message: 'The stream key has changed; the former one is accepted for another 1h.',
    },
  ]);
  expect(apply.map(({ manifest }) => manifest.kind)).toEqual(['Secret']);
  expect(podAnnotations).toHaveLength(2);
  expect(lookAgainMs).toBe(60 * MINUTE);
  world.settle();
});
