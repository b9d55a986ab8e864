import { UNOBSERVED_STATUS } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../decision.ts';
import { GIVE_BACK_AFTER_MS } from './quota-standing.ts';
import { isEmpty, World } from './testing/world.ts';

const REFUSED =
  'pods "live-transcoder-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=40, limited: pods=40';
const SAID = 'ResourceQuota "small" has no room for the transcoder pod: it needs 1 of pods, and 40 of 40 are used.';
const ONLY_KEY = ['Secret live-stream-key'];

/** A stream whose ingest pod was made, and whose transcoder pod a quota refuses. */
function halved(): World {
  const world = new World();
  world.settle();
  refuse(world, 'transcoder');
  world.stream = { ...world.stream, status: UNOBSERVED_STATUS };
  return world;
}

function refuse(world: World, component: string): void {
  world.podsStart = false;
  for (const { metadata } of world.pods) {
    if (metadata.name.includes(component)) world.objects.delete(`Pod ${metadata.name}`);
  }
  const deployment = world.object('Deployment', `live-${component}`) as Manifest;
  world.put({ ...deployment, status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: REFUSED }] } });
}

const condition = (world: World, type: string) =>
  world.stream.status.conditions?.find((condition) => condition.type === type);

describe('a stream that a quota refuses a pod', () => {
  it('keeps the other for a moment, gives it back then, and says why all the time', () => {
    const world = halved();
    expect(world.step()).toMatchObject({ standing: 'lacking', lookAgainMs: GIVE_BACK_AFTER_MS, delete: [] });
    expect(condition(world, 'Ready')).toMatchObject({ status: 'False', reason: 'QuotaExceeded', message: SAID });
    world.lackingSince = world.now;
    world.now += GIVE_BACK_AFTER_MS;
    expect(world.step().standing).toBe('waiting');
    world.objects = new Map([...world.objects].filter(([name]) => !name.startsWith('Pod ')));
    expect(world.names).toEqual(ONLY_KEY);
    world.turn = 'wait';
    world.lackingSince = undefined;
    world.settle();
    expect(world.names).toEqual(ONLY_KEY);
    expect(condition(world, 'QuotaExceeded')).toMatchObject({ reason: 'NoRoomInQuota', message: SAID });
    expect(condition(world, 'IngestReady')).toMatchObject({ status: 'False', reason: 'NotStarted' });
    expect(world.stream.status.phase).toBe('Pending');
    expect(world.decide()).toMatchObject({ standing: 'waiting', poll: 'none', lookAgainMs: undefined });
  });

  it('asks again when it is its turn, and says the same until it has all', () => {
    const world = halved();
    world.turn = 'wait';
    world.step();
    world.objects = new Map([...world.objects].filter(([name]) => !name.startsWith('Pod ')));
    world.turn = 'try';
    expect(world.step().standing).toBe('pending');
    expect(world.object('Deployment', 'live-ingest')).toBeDefined();
    expect(condition(world, 'QuotaExceeded')?.message).toBe(SAID);
    world.podsStart = true;
    world.runPods();
    expect(world.step().standing).toBe('enough');
    expect(condition(world, 'QuotaExceeded')).toBeUndefined();
    expect(condition(world, 'Ready')?.status).toBe('True');
  });

  it('gives nothing back while somebody is there, or may be', () => {
    for (const ingest of [{ state: 'expected' }, { state: 'live', onAirSince: new Date().toISOString() }, undefined]) {
      const world = halved();
      world.ingest = ingest as World['ingest'];
      world.poll();
      world.lackingSince = world.now - GIVE_BACK_AFTER_MS;
      expect(world.step()).toMatchObject({ standing: 'lacking', delete: [] });
    }
  });

  it('has its pods though its turn is not known: an operator that starts anew leaves it as it is', () => {
    const world = new World();
    world.settle();
    world.turn = 'wait';
    expect(isEmpty(world.decide())).toBe(true);
    expect(world.decide().standing).toBe('enough');
  });
});
