import { KUBE, KubeError, type KubeObject } from '@showrunner/service-kit/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DecidedEvent, Decision, Manifest } from '../decide/index.ts';
import { carryOut, type CarryOutOptions, type WriteMemory } from './carry-out.ts';
import { NO_ENTRIES } from './small-map.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const OBJECT: KubeObject = { metadata: { namespace: 'team', name: 'live', uid: 'uid', resourceVersion: '1' } };
const SERVICE: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'team', name: 'live-ingest' } };
const NOTHING: Decision<unknown> = {
  create: [],
  apply: [],
  delete: [],
  writeEvents: [],
  podAnnotations: [],
  status: undefined,
  events: [],
  lookAgainMs: undefined,
  standing: 'enough',
  poll: 'none',
};

const kubeError = (code: number, message: string) => new KubeError(code, { message });

describe('carryOut', () => {
  let memory: WriteMemory;
  let recorded: string[];
  beforeEach(() => {
    memory = { refusals: NO_ENTRIES, taken: NO_ENTRIES };
    recorded = [];
  });

  /** `answers`: errors by verb; all else succeeds. */
  const carry = (
    decision: Partial<Decision<unknown>>,
    answers: Partial<Record<'apply' | 'applyStatus' | 'annotate' | 'delete', KubeError>>,
  ) => {
    const answer = (verb: keyof typeof answers) => () =>
      answers[verb] ? Promise.reject(answers[verb]) : Promise.resolve(OBJECT);
    const writer = {
      apply: answer('apply'),
      applyStatus: answer('applyStatus'),
      annotate: answer('annotate'),
      delete: answer('delete'),
    };
    const recorder = { record: (_: unknown, { reason }: DecidedEvent) => void recorded.push(reason) };
    const options = { writer, recorder, absorb: () => undefined, now: () => NOW } as unknown as CarryOutOptions;
    return carryOut(options, { resource: KUBE.liveStreams, object: OBJECT }, { ...NOTHING, ...decision }, memory);
  };

  it('keeps the beginning of what the API says to a refused object, however long it is', async () => {
    const message = `Service "live-ingest" is invalid: ${'x'.repeat(60_000)}`;
    const refused = { apply: kubeError(422, message) };
    expect(await carry({ apply: [{ manifest: SERVICE }] }, refused)).toBe('decide again');
    expect([...memory.refusals.values()]).toEqual([
      { object: 'Service "live-ingest"', applied: '', message: message.slice(0, 1_000), at: NOW },
    ]);
  });

  it('writes the status though a policy refuses to let pods be annotated or objects be deleted', async () => {
    const ref = { resource: KUBE.services, namespace: 'team', name: 'live-ingest', uid: 'uid' };
    const pod = { namespace: 'team', name: 'live-ingest-1', uid: 'uid', annotations: { a: 'b' } };
    const decision = { delete: [ref], podAnnotations: [pod], status: {} };
    const policy = kubeError(403, 'admission webhook "p" denied the request: no');
    const answers = { annotate: policy, delete: policy };
    // First the status is decided anew, with what is refused in it.
    expect(await carry(decision, answers)).toBe('decide again');
    expect([...memory.refusals.values()].map(({ object }) => object)).toEqual([
      'to delete its objects',
      'to annotate its pods',
    ]);
    expect(await carry(decision, answers)).toBe('refused as before');
    // What is wrong otherwise is tried again.
    const busy = kubeError(429, 'too many requests');
    await expect(carry(decision, { annotate: busy })).rejects.toBe(busy);
    expect(await carry(decision, {})).toBe('decide again');
    expect(memory.refusals.size).toBe(0);
  });

  it('tells that pods are stopped where they are, and of what was made beside what may not be deleted', async () => {
    const ref = { resource: KUBE.deployments, namespace: 'team', name: 'live-ingest', uid: 'uid' };
    const event = (reason: DecidedEvent['reason']): DecidedEvent => ({ type: 'Normal', reason, message: 'So it is.' });
    const decision = { delete: [ref], writeEvents: [event('StreamKeyMade'), event('PodsStopped')] };
    await carry(decision, { delete: kubeError(403, 'no') });
    expect(recorded).toEqual(['StreamKeyMade']);
    await carry(decision, {});
    expect(recorded).toEqual(['StreamKeyMade', 'StreamKeyMade', 'PodsStopped']);
  });

  describe('tells of', () => {
    const started: DecidedEvent = { type: 'Normal', reason: 'PodsStarted', message: 'Pods are being started.' };
    const ready: DecidedEvent = { type: 'Normal', reason: 'Ready', message: 'OBS can connect.' };
    const decision = { apply: [{ manifest: SERVICE }], writeEvents: [started], status: {}, events: [ready] };

    it('all that is written', async () => {
      expect(await carry(decision, {})).toBe('settled');
      expect(recorded).toEqual(['PodsStarted', 'Ready']);
    });

    it('objects whose status cannot be written yet', async () => {
      const conflict = kubeError(409, 'the object has been modified');
      await expect(carry(decision, { applyStatus: conflict })).rejects.toBe(conflict);
      expect(recorded).toEqual(['PodsStarted']);
    });

    it('none that was refused', async () => {
      await carry(decision, { apply: kubeError(403, 'services "live-ingest" is forbidden: no') });
      expect(recorded).toEqual([]);
    });
  });
});
