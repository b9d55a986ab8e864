import type { LiveStream } from '@showrunner/crds';
import { expect, it } from 'vitest';
import { warm } from './testing/stages.ts';
import { World } from './testing/world.ts';

/** How kstatus reads a custom resource (sigs.k8s.io/cli-utils, pkg/kstatus/status), by which Helm's --wait, Argo CD and Flux go. */
function kstatus({ metadata, status }: LiveStream): 'Current' | 'InProgress' | 'Failed' {
  const { observedGeneration, conditions = [] } = status;
  const stands = (type: string) => conditions.find((condition) => condition.type === type)?.status;
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return 'InProgress';
  if (stands('Reconciling') === 'True') return 'InProgress';
  if (stands('Stalled') === 'True') return 'Failed';
  return (stands('Ready') ?? 'True') === 'True' ? 'Current' : 'InProgress';
}

it('waits for a stream that nobody has looked at yet, and until its pods are ready', () => {
  const world = new World();
  world.podsStart = false;
  expect([world.stream.status, kstatus(world.stream)]).toEqual([{ observedGeneration: -1 }, 'InProgress']);
  world.settle();
  expect([world.stream.status.observedGeneration, kstatus(world.stream)]).toEqual([1, 'InProgress']);
  world.podsStart = true;
  world.runPods();
  world.settle();
  expect(kstatus(world.stream)).toBe('Current');
});

it('waits again where the spec has changed', () => {
  const world = warm();
  world.edit({ title: 'Another' });
  expect(kstatus(world.stream)).toBe('InProgress');
  world.settle();
  expect(kstatus(world.stream)).toBe('Current');
});

it('waits neither for a disabled stream nor for one that cannot go on', () => {
  const disabled = new World({ enabled: false });
  disabled.settle();
  expect(kstatus(disabled.stream)).toBe('Current');
  const stalled = new World({ ingest: { keySecretRef: { name: 'other' } } });
  stalled.usedBy = 'team/first';
  stalled.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'other', namespace: 'team' },
    data: { streamKey: Buffer.from('a-key-that-is-long-enough').toString('base64') },
  });
  stalled.settle();
  expect(kstatus(stalled.stream)).toBe('Failed');
});
