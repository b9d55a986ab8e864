import { describe, expect, it } from 'vitest';
import type { Manifest } from '../decision.ts';
import { condition, endShow, goLive, kinds, MINUTE, warm, WARM } from './testing/stages.ts';
import { isEmpty, START, World } from './testing/world.ts';

describe('a warm stream', () => {
  it('has no condition that this operator does not know, such as one of a release that was taken back', () => {
    const world = warm();
    const { status } = world.stream;
    const former = {
      type: 'OfAnotherRelease',
      status: 'True',
      reason: 'Seen',
      message: '',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    } as const;
    world.stream = { ...world.stream, status: { ...status, conditions: [former, ...(status.conditions ?? [])] } };
    expect(world.decide().status).toEqual(status);
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
    expect(world.stream.status.phase).toBe('Ready');
    expect(world.stream.status.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
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
    expect(world.stream.status.phase).toBe('Ready');
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
