import { expect, it } from 'vitest';
import { isRefusal } from './refusal.ts';

it.each([
  [422, 'Deployment.apps "x" is invalid', true],
  [403, 'services "x" is forbidden: exceeded quota: team', true],
  [400, 'bad request', true],
  // As Kubernetes 1.36 says it.
  [500, 'failed to create typed patch object (team/x; apps/v1, Kind=Deployment): .spec.a: field not declared', true],
  [500, 'Internal error occurred: failed calling webhook "p.example.com": connection refused', true],
  [500, 'etcdserver: request timed out', false],
  [404, 'namespaces "team" not found', false],
  [409, 'the object has been modified', false],
  [429, 'too many requests', false],
  [503, 'apiserver is shutting down', false],
])('%i %s', (code, message, refused) => {
  expect(isRefusal({ code, message })).toBe(refused);
});
