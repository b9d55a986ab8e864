import { expect, it } from 'vitest';
import { explainQuota, withoutPodName } from './quota.ts';

/** As Kubernetes 1.36 says it. */
it.each([
  [
    'pods "live-ingest-5f95dc7494-pwchw" is forbidden: exceeded quota: team, requested: limits.memory=300Mi,requests.cpu=150m, used: limits.memory=0,requests.cpu=0, limited: limits.memory=256Mi,requests.cpu=100m',
    'exhausted',
    'ResourceQuota "team" has no room for the ingest pod: it needs 300Mi of limits.memory, and 0 of 256Mi are used; it needs 150m of requests.cpu, and 0 of 100m are used.',
  ],
  [
    'deployments.apps "a3" is forbidden: exceeded quota: team, requested: count/deployments.apps=1, used: count/deployments.apps=3, limited: count/deployments.apps=3',
    'exhausted',
    'ResourceQuota "team" has no room for the ingest pod: it needs 1 of count/deployments.apps, and 3 of 3 are used.',
  ],
  [
    'pods "live-ingest-76465cc798-jz97z" is forbidden: failed quota: team: must specify limits.cpu for: ingest; requests.cpu for: ingest',
    'values-missing',
    'ResourceQuota "team" demands that the ingest pod states limits.cpu and requests.cpu: set them under resources of the pod in the spec.',
  ],
  [
    'pods "live-ingest-5f95dc7494-9xkfg" is forbidden: [maximum cpu usage per Container is 100m, but limit is 200m, maximum memory usage per Container is 64Mi, but limit is 300Mi]',
    'limit-range',
    'A LimitRange of the namespace keeps the ingest pod out: maximum cpu usage per Container is 100m, but limit is 200m, maximum memory usage per Container is 64Mi, but limit is 300Mi. Change resources of the pod in the spec, or the LimitRange.',
  ],
  [
    'pods "x" is forbidden: minimum memory usage per Container is 1Gi, but request is 64Mi',
    'limit-range',
    'A LimitRange of the namespace keeps the ingest pod out: minimum memory usage per Container is 1Gi, but request is 64Mi. Change resources of the pod in the spec, or the LimitRange.',
  ],
  [
    'pods "x" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    'limit-range',
    'A LimitRange of the namespace keeps the ingest pod out: cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000. Change resources of the pod in the spec, or the LimitRange.',
  ],
])('%s', (message, kind, explanation) => {
  expect(explainQuota(message, 'the ingest pod')).toEqual({ kind, message: explanation });
});

it('leaves other refusals alone', () => {
  const message = 'pods "live-ingest-1" is forbidden: no PriorityClass with name urgent was found';
  expect(explainQuota(message, 'the ingest pod')).toBeUndefined();
  expect(withoutPodName(message)).toBe('no PriorityClass with name urgent was found');
});

it('takes nothing that a user wrote for what a quota says, however long it is', () => {
  const texts = [
    'exceeded quota: a, requested: b'.repeat(1_000) + ', used: '.repeat(4_000),
    'exceeded quota: a, requested: b, used: c, limited: d',
    'a is forbidden: '.repeat(2_000) + 'minimum limit to request ratio'.repeat(1_000),
  ];
  const start = performance.now();
  for (const text of texts) {
    const message = `Deployment.apps "live-ingest" is invalid: spec.template.spec.nodeSelector: Invalid value: "${text}"`;
    expect(explainQuota(message, 'the ingest pod')).toBeUndefined();
    expect(explainQuota(`pods "x" is forbidden: ${text} `, 'the ingest pod')).toBeUndefined();
  }
  expect(performance.now() - start).toBeLessThan(1_000);
});
