import type { KubeObject } from '@showrunner/service-kit/kube';
import { expect, it } from 'vitest';
import { liveStream } from '../../decide/live-stream/testing/world.ts';
import { keepStream } from './kept.ts';

it('takes a LiveStream without a status, as an older definition leaves it, for one that nobody has looked at', () => {
  const statusOf = (status: object | undefined) =>
    keepStream({ ...liveStream(), status } as unknown as KubeObject).resource.status;
  expect(statusOf(undefined)).toEqual({ observedGeneration: -1 });
  expect(statusOf({ phase: 'Live' })).toEqual({ phase: 'Live' });
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
