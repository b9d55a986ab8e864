import { describe, expect, it } from 'vitest';
import { condition, goLive, warm } from './testing/stages.ts';
import { isEmpty } from './testing/world.ts';

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
    expect(world.stream.status.phase).toBe('Live');
    expect(isEmpty(world.decide())).toBe(true);
    // What Kubernetes takes away stays away.
    world.ingest = { state: 'off' };
    world.transcoder = { show: 'ended' };
    world.settle();
    expect(world.stream.status.phase).toBe('Failed');
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
