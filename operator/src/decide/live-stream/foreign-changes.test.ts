import { describe, expect, it } from 'vitest';
import type { Manifest } from '../decision.ts';
import { condition, endShow, goLive, kinds, MINUTE, warm, WARM } from './testing/stages.ts';
import { liveStream, World } from './testing/world.ts';

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

  it('is put right in mid-show where it left no pod that serves', () => {
    const world = warm();
    goLive(world);
    world.podsStart = false;
    const deployment = world.object<Manifest>('Deployment', 'live-transcoder')!;
    world.put({ ...deployment, spec: { ...(deployment.spec as object), replicas: 0 } });
    expect(world.step().apply).toEqual([]);
    const pod = world.pods.find(({ metadata }) => metadata.name.startsWith('live-transcoder'))!;
    const deletionTimestamp = new Date(world.now).toISOString();
    world.put({ ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    expect(world.step().apply.map(({ manifest }) => manifest.metadata.name)).toEqual(['live-transcoder']);
    expect(world.object<Manifest>('Deployment', 'live-transcoder')?.spec).toMatchObject({ replicas: 1 });
    expect(condition(world, 'UpdatePending')).toBeUndefined();
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
    world.stream = liveStream({}, undefined, { uid: 'another' });
    world.followed = undefined;
    expect(world.step().delete).toHaveLength(6);
    expect(condition(world, 'Ready')?.reason).toBe('Replacing');
    world.runPods();
    world.settle();
    expect(kinds(world)).toEqual(WARM);
    expect([...world.objects.values()].filter(({ metadata }) => uids.has(metadata.uid))).toEqual([]);
  });
});
