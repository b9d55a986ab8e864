import { isNamespaceTerminating } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { annotationOf, TEMPLATE } from '../objects/labels.ts';
import { CONDITIONS, EVENTS, type ConditionType } from './reasons.ts';
import { isEmpty, START, World } from './testing/world.ts';

const HOUR = 3_600_000;

const STANDBY = ['warm', 'cold'] as const;
const ENABLED = [true, false];
const STAGES = ['new', 'expected', 'live', 'reconnecting', 'just-ended', 'long-ended'] as const;
const CHANGES = ['none', 'image', 'ladder', 'too-tall', 'policy'] as const;
const ANSWERS = ['known', 'silent', 'never-asked', 'no-pods'] as const;

type Case = [
  standby: (typeof STANDBY)[number],
  enabled: boolean,
  stage: (typeof STAGES)[number],
  change: (typeof CHANGES)[number],
  answers: (typeof ANSWERS)[number],
];

const CASES: Case[] = STANDBY.flatMap((standby) =>
  ENABLED.flatMap((enabled) =>
    STAGES.flatMap((stage) =>
      CHANGES.flatMap((change) => ANSWERS.map((answers): Case => [standby, enabled, stage, change, answers])),
    ),
  ),
);

/** Streams that have come to a stage. */
const bases = new Map<string, World>();

function baseOf(standby: Case[0], stage: Case[2]): World {
  const known = bases.get(`${standby} ${stage}`);
  if (known) return known.copy();
  const world = new World({ standby });
  world.knockedAt = world.now;
  world.settle();
  world.knockedAt = undefined;
  const onAirSince = new Date(START).toISOString();
  if (stage === 'expected') world.ingest = { state: 'expected' };
  else if (stage !== 'new') {
    world.ingest = { state: 'live', onAirSince };
    world.transcoder = { show: 'running', firstMediaSeconds: 0.2 };
  }
  world.settle();
  world.now += HOUR;
  if (stage === 'reconnecting') {
    world.ingest = { state: 'reconnecting', onAirSince };
    world.settle();
  }
  if (stage === 'just-ended' || stage === 'long-ended') {
    world.ingest = { state: 'off' };
    world.transcoder = { show: 'ended' };
    // Idle pods are still there: nobody has decided since.
    world.poll();
    world.step();
  }
  if (stage === 'long-ended') world.now += HOUR;
  bases.set(`${standby} ${stage}`, world);
  return world.copy();
}

/** A stream at a stage, which meets a change and pods that answer or do not. */
function worldOf([standby, enabled, stage, change, answers]: Case): World {
  const world = baseOf(standby, stage);
  const spec: Partial<Record<Case[3], object>> = {
    ladder: { transcode: { ladder: '360p' } },
    'too-tall': { transcode: { ladder: '1080p' } },
    policy: { updatePolicy: 'immediately', transcode: { ladder: '360p' } },
  };
  if (change === 'image') world.settings = { ...world.settings, images: { ingest: 'a:2', transcoder: 'b:2' } };
  if (change === 'too-tall') world.settings = { ...world.settings, maxLadder: '360p' };
  if (change in spec || !enabled) world.edit({ standby, enabled, ...spec[change] });
  if (answers === 'silent') world.ingest = world.transcoder = undefined;
  if (answers === 'no-pods') {
    world.podsStart = false;
    for (const { metadata } of world.pods) world.objects.delete(`Pod ${metadata.name}`);
  }
  if (answers === 'never-asked') world.followed = undefined;
  else world.poll();
  return world;
}

const onAir = ['live', 'reconnecting'] as const satisfies readonly Case[2][];
const isOnAir = (stage: Case[2]) => onAir.some((one) => one === stage);

function expectProtected(world: World): void {
  const decision = world.decide();
  expect(decision.delete).toEqual([]);
  for (const { manifest, uid } of decision.apply) {
    if (manifest.kind !== 'Deployment' || uid === undefined) continue;
    const there = world.object('Deployment', manifest.metadata.name)!;
    expect(annotationOf(manifest, TEMPLATE)).toBe(annotationOf(there, TEMPLATE));
  }
}

describe('of every stream', () => {
  it('a show, and whatever may be one, loses nothing', () => {
    let seen = 0;
    for (const one of CASES) {
      const [, enabled, stage, change, answers] = one;
      const mayBeThere =
        isOnAir(stage) || (stage === 'expected' && answers === 'known') || ['silent', 'never-asked'].includes(answers);
      if (!enabled || change === 'policy' || !mayBeThere) continue;
      expectProtected(worldOf(one));
      seen++;
    }
    expect(seen).toBeGreaterThan(100);
  });

  it('a second decision has nothing to do after the first was carried out', () => {
    for (const one of CASES) {
      const world = worldOf(one);
      world.podsStart = false;
      world.step();
      expect([one, isEmpty(world.decide())]).toEqual([one, true]);
    }
  });

  it('an operator that starts anew has nothing to write', () => {
    for (const standby of STANDBY) {
      for (const stage of STAGES) {
        const world = worldOf([standby, true, stage, 'none', 'never-asked']);
        expect([standby, stage, isEmpty(world.decide()), world.decide().poll]).toEqual([
          standby,
          stage,
          true,
          'active',
        ]);
      }
    }
  });

  it('a cold one, or one whose show is long over, has nothing but its key', () => {
    for (const one of CASES) {
      const [standby, , stage, change, answers] = one;
      const isIdle = stage === 'long-ended' || (stage === 'new' && standby === 'cold');
      if (!isIdle || answers === 'silent' || answers === 'never-asked') continue;
      const world = worldOf(one);
      world.step();
      expect([one, world.names.filter((name) => !name.startsWith('Pod '))]).toEqual([one, ['Secret live-stream-key']]);
      expect([change, world.decide().poll]).toEqual([change, 'none']);
    }
  });

  it('a disabled one, or one that cannot work, has none as soon as nobody is there', () => {
    for (const one of CASES) {
      const [, enabled, stage, change, answers] = one;
      if (enabled && change !== 'too-tall') continue;
      if (isOnAir(stage) || stage === 'expected' || answers !== 'known') continue;
      const world = worldOf(one);
      world.step();
      expect([one, world.names]).toEqual([one, ['Secret live-stream-key']]);
    }
  });

  it('conditions, reasons and Events are documented ones, Ready first and none twice', () => {
    for (const one of CASES) {
      const world = worldOf(one);
      const { events } = world.step();
      const conditions = world.stream.status.conditions ?? [];
      expect(conditions[0]?.type).toBe(world.stream.spec.enabled ? 'Ready' : 'Disabled');
      expect(new Set(conditions.map(({ type }) => type)).size).toBe(conditions.length);
      for (const { type, reason, message } of conditions) {
        expect(Object.keys(CONDITIONS[type as ConditionType].reasons)).toContain(reason);
        expect(message).toMatch(/^[A-Zs].*\.$/);
      }
      for (const { reason, message } of events) {
        expect(Object.keys(EVENTS)).toContain(reason);
        expect(message).toMatch(/^[A-Zs].*\.$/);
      }
    }
  });

  it('it is looked at again later, not at once, and nothing changes by the second', () => {
    for (const one of CASES) {
      const world = worldOf(one);
      world.podsStart = false;
      world.step();
      const { lookAgainMs = Infinity } = world.decide();
      expect(lookAgainMs).toBeGreaterThan(0);
      const wait = Math.min(1_000, lookAgainMs - 1);
      world.now += wait;
      expect([one, isEmpty(world.decide())]).toEqual([one, true]);
    }
  });

  it('one whose namespace is being deleted gets a status that lets nobody in, and nothing else', () => {
    for (const one of CASES) {
      const [, enabled] = one;
      const world = worldOf(one);
      world.namespaceTerminating = true;
      const { status, ...rest } = world.step();
      const isAll = isEmpty({ ...rest, status: undefined }) && isEmpty(world.decide());
      const isTold = isNamespaceTerminating(world.stream);
      expect([one, isAll, isTold, status?.ingest?.keyHashes]).toEqual([one, true, enabled, []]);
    }
  });

  it('enabled and without a problem it comes to Ready', () => {
    for (const one of CASES) {
      const [, enabled, stage, change, answers] = one;
      if (!enabled || change === 'too-tall' || answers !== 'known') continue;
      const world = worldOf(one);
      world.settle();
      expect([one, world.stream.status.conditions?.[0]?.status]).toEqual([one, 'True']);
      const phases: Record<Case[2], LiveStreamPhase> = {
        new: 'Ready',
        expected: 'Ready',
        live: 'Live',
        reconnecting: 'Reconnecting',
        'just-ended': 'Ended',
        'long-ended': 'Ended',
      };
      expect([one, world.stream.status.phase]).toEqual([one, phases[stage]]);
    }
  });
});

type LiveStreamPhase = 'Ready' | 'Live' | 'Reconnecting' | 'Ended';
