import { describe, expect, it } from 'vitest';
import { annotationOf, CONFIG } from '../objects/labels.ts';
import type { PodStatus } from '../objects/pod-trouble.ts';
import { condition, endShow, goLive, MINUTE, toldPods, warm } from './testing/stages.ts';
import { isEmpty, START, type World } from './testing/world.ts';

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
    expect(condition(world, 'FirstSegmentReady')?.message).toBe('Playable 0.25 s after its first media came.');
    world.ingest = { state: 'reconnecting', onAirSince: new Date(START).toISOString() };
    world.settle();
    expect(world.stream.status.phase).toBe('Reconnecting');
    world.ingest = { state: 'live', onAirSince: new Date(START).toISOString() };
    world.settle();
    world.now += 62 * MINUTE + 3_000;
    endShow(world);
    expect(world.stream.status).toMatchObject({ phase: 'Ended', startedAt: '2026-01-02T03:04:05.000Z' });
    expect(condition(world, 'FirstSegmentReady')).toMatchObject({ status: 'False', reason: 'ShowEnded' });
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
    const toldSince = () => toldPods(world).status.startedAt;
    expect(toldSince()).toBe(undefined);
    goLive(world);
    expect(toldSince()).toBe(world.stream.status.startedAt);
    // Both pods are lost: those in their place have no publisher yet.
    for (const { metadata } of world.pods) world.objects.delete(`Pod ${metadata.name}`);
    world.ingest = { state: 'off' };
    world.transcoder = { show: 'none' };
    world.runPods();
    world.settle();
    world.now += 10_000;
    world.settle();
    expect([world.stream.status.phase, toldSince()]).toEqual(['Reconnecting', '2026-01-02T03:04:05.000Z']);
    const before = world.pods.map((pod) => annotationOf(pod, CONFIG));
    world.now += 30_000;
    world.settle();
    expect([world.stream.status.phase, toldSince()]).toEqual(['Ended', undefined]);
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
    expect(condition(world, 'UpdatePending')?.message).toBe(
      'Newer pods wait until viewers have had the end of the show.',
    );
    // Three segments of two seconds, and four seconds for slow viewers.
    expect(world.decide().lookAgainMs).toBe(10_000);
    world.now += 10_000;
    world.settle();
    expect(JSON.stringify(world.pods.map(({ metadata }) => metadata.name))).not.toBe(JSON.stringify(pods));
    expect(condition(world, 'UpdatePending')).toBeUndefined();
    expect(world.events.filter((event) => event.startsWith('Update'))).toEqual(['UpdatePending', 'UpdateApplied']);
  });

  it('gets a newer pod at once where the present one cannot run, and not where it is only not ready', () => {
    const world = warm();
    goLive(world);
    world.settings = {
      ...world.settings,
      images: { ...world.settings.images, transcoder: 'example.com/transcoder:2' },
    };
    world.settle();
    world.podsStart = false;
    const applied = (status: PodStatus) => {
      const copy = world.copy();
      const pod = copy.pods.find(({ metadata }) => metadata.name.startsWith('live-transcoder'))!;
      copy.put({ ...pod, status });
      return copy.decide().apply.map(({ manifest }) => manifest.metadata.name);
    };
    const crashed = { restartCount: 1, lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } };
    expect(applied({ phase: 'Running', podIP: '10.0.0.1' })).toEqual([]);
    expect(applied({ phase: 'Running', containerStatuses: [crashed] })).toEqual([]);
    const waiting = { ...crashed, state: { waiting: { reason: 'CrashLoopBackOff' } } };
    expect(applied({ phase: 'Running', containerStatuses: [waiting] })).toEqual(['live-transcoder']);
    const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' };
    expect(applied({ phase: 'Pending', conditions: [unscheduled] })).toEqual(['live-transcoder']);
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

  it('is cut where the spec asks for it, when its pods know that they are not to wait for its end', () => {
    const applied = (world: World) => world.step().apply.map(({ manifest }) => manifest.kind);
    const world = warm();
    goLive(world);
    world.settings = { ...world.settings, logLevel: 'debug' };
    world.edit({ updatePolicy: 'immediately', transcode: { ladder: '360p' } });
    expect(applied(world)).toEqual(['Secret']);
    expect(toldPods(world).spec).toMatchObject({ updatePolicy: 'immediately', transcode: { ladder: '360p' } });
    expect([condition(world, 'UpdatePending'), world.decide().lookAgainMs]).toEqual([undefined, 1_000]);
    world.now += 4_000;
    expect(applied(world)).toEqual([]);
    world.events.length = 0;
    world.now += 1_000;
    expect(applied(world)).toEqual(['Deployment', 'Deployment']);
    expect(world.events).toContain('UpdateApplied');
  });

  it('is cut at once where its pods have known for long', () => {
    const world = warm({ updatePolicy: 'immediately' });
    goLive(world);
    world.now += MINUTE;
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
    expect(world.stream.status.phase).toBe('Failed');
    const key = { streamKey: Buffer.from('a-key-of-some-length').toString('base64') };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'mine', namespace: 'team' }, data: key };
    world.put(secret);
    world.settle();
    goLive(world);
    const pods = world.pods.length;
    world.objects.delete('Secret mine');
    world.settle();
    expect([world.pods.length, world.stream.status.phase]).toEqual([pods, 'Live']);
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'SecretMissing' });
    expect(condition(world, 'Stalled')).toMatchObject({ status: 'True', reason: 'SecretMissing' });
  });
});
