import { describe, expect, it } from 'vitest';
import { nameOf } from './decide-objects.ts';
import { POD_MARKS, REMOVALS } from './hold-offs.ts';
import { condition, endShow, goLive, kinds, MINUTE, warm, WARM } from './testing/stages.ts';
import { isEmpty, World } from './testing/world.ts';

describe('what cannot work', () => {
  it('has no pods: a ladder above the limit', () => {
    const world = warm();
    world.settings = { ...world.settings, maxLadder: '720p' };
    world.edit({ transcode: { ladder: '1080p' } });
    world.settle();
    expect(world.names).toEqual(['Secret live-stream-key']);
    expect(world.stream.status.phase).toBe('Failed');
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
    expect(world.stream.status.phase).toBe(phase);
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

  it('goes on where a policy refuses to let pods be annotated or objects be deleted, and says so', () => {
    const world = warm();
    goLive(world);
    for (const { metadata } of world.pods) Object.assign(metadata, { annotations: {} });
    const message = 'admission webhook "p" denied the request: no';
    world.refusals = [POD_MARKS, REMOVALS].map((object) => ({ object, applied: '', message, at: world.now }));
    const decision = world.decide();
    expect(decision.podAnnotations).toEqual([]);
    expect(decision.status?.phase).toBe('Live');
    expect(decision.status?.conditions?.find(({ type }) => type === 'Degraded')).toMatchObject({
      reason: 'ObjectRefused',
      message: `Kubernetes refuses to annotate its pods: ${message}.`,
    });
    expect(decision.lookAgainMs).toBeLessThanOrEqual(MINUTE);
    world.now += MINUTE;
    expect(world.decide().podAnnotations).toHaveLength(2);

    world.refusals = [{ object: REMOVALS, applied: '', message, at: world.now }];
    world.edit({ enabled: false });
    world.now += MINUTE - 1;
    endShow(world);
    expect(world.decide().delete).toEqual([]);
    expect(condition(world, 'Degraded')?.message).toBe(`Kubernetes refuses to delete its objects: ${message}.`);
    world.now += 1;
    expect(world.decide().delete).not.toEqual([]);
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
