import { expect, it } from 'vitest';
import { writesIn } from './audit.ts';

const LINE = JSON.stringify({
  stage: 'ResponseComplete',
  verb: 'patch',
  user: { username: 'system:serviceaccount:home:operator', groups: ['system:serviceaccounts'] },
  objectRef: { resource: 'livestreams', namespace: 'tenant', name: 'a', subresource: 'status' },
  responseStatus: { code: 200 },
  requestObject: { status: { phase: 'Ready' } },
  requestReceivedTimestamp: '2026-11-29T10:00:00.123456Z',
  stageTimestamp: '2026-11-29T10:00:01.000000Z',
});

it('reads the writes of an audit log, but for a line that is being written', () => {
  expect(writesIn(`${LINE}\n${LINE.slice(0, 40)}`)).toEqual([
    {
      user: 'system:serviceaccount:home:operator',
      verb: 'patch',
      namespace: 'tenant',
      resource: 'livestreams/status',
      code: 200,
      from: Date.UTC(2026, 10, 29, 10) + 123.456,
      to: Date.UTC(2026, 10, 29, 10) + 1_000,
      body: { status: { phase: 'Ready' } },
    },
  ]);
  expect(writesIn('')).toEqual([]);
});
