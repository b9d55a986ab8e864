import type { KubeObject } from '@showrunner/service-kit/kube';
import { expect, it } from 'vitest';
import { specProblem } from '../../decide/live-stream/spec-problem.ts';
import { SETTINGS, liveStream } from '../../decide/live-stream/testing/world.ts';
import { keepStream } from './kept.ts';

it('takes a LiveStream without a status, as an older definition leaves it, for one that nobody has looked at', () => {
  const statusOf = (status: object | undefined) =>
    keepStream({ ...liveStream(), status } as unknown as KubeObject).resource.status;
  expect(statusOf(undefined)).toEqual({ observedGeneration: -1 });
  expect(statusOf({ phase: 'Live' })).toEqual({ phase: 'Live' });
});

it('keeps no affinity that is longer than 16384 characters, and the problem that there was one', () => {
  const affinity = { nodeAffinity: { note: 'x'.repeat(16_384) } };
  const { resource } = keepStream(liveStream({ transcode: { pod: { affinity, image: 'own' } } }) as KubeObject);
  expect(resource.spec.transcode.pod).toEqual({ affinity: {}, image: 'own' });
  const none = { ingest: undefined, transcoder: undefined };
  const children = { deployments: none, services: none, disruptionBudgets: none, pods: { ingest: [], transcoder: [] } };
  expect(specProblem(resource, children, SETTINGS)?.message).toBe(
    'spec.transcode.pod.affinity has more than 16384 characters as JSON, the most that is kept; name fewer nodes or labels in it.',
  );
  const short = keepStream(liveStream({ ingest: { pod: { affinity: {} } } }) as KubeObject).resource;
  expect(specProblem(short, children, SETTINGS)).toBeUndefined();
});

it('keeps of the conditions those that it knows, and those that another release of the operator set', () => {
  const conditions = ['Ready', 'OfAnotherRelease', 'AuditPassed'].map((type) => ({ type, status: 'True' }));
  const set = (manager: string, ...types: string[]) => ({
    manager,
    fieldsV1: { 'f:status': { 'f:conditions': Object.fromEntries(types.map((type) => [`k:{"type":"${type}"}`, {}])) } },
  });
  const managedFields = [set('showrunner-operator', 'Ready', 'OfAnotherRelease'), set('audit', 'AuditPassed'), {}];
  const stream = liveStream({}, undefined, { managedFields });
  const { status } = keepStream({ ...stream, status: { conditions } } as unknown as KubeObject).resource;
  expect(status.conditions?.map(({ type }) => type)).toEqual(['Ready', 'OfAnotherRelease']);
});
