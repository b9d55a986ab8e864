import { expect, it } from 'vitest';
import { type Lease, type LeaseSpec, heldBy, mayTake, microTime, released, seeLease } from './lease.ts';

const LEASE_MS = 15_000;
const WALL = Date.parse('2026-11-21T09:00:00.250Z');

const lease = (spec: LeaseSpec | undefined, resourceVersion = '1'): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'operator', namespace: 'showrunner', resourceVersion },
  ...(spec ? { spec } : {}),
});
const others = { holderIdentity: 'other', leaseDurationSeconds: 15 };

it('counts the time without a change from when the last one was first seen', () => {
  const first = seeLease(lease(others, '1'), undefined, 100);
  expect(first.since).toBe(100);
  const same = seeLease(lease(others, '1'), first, 5_000);
  expect(same.since).toBe(100);
  expect(seeLease(lease(others, '2'), same, 7_000).since).toBe(7_000);
});

it.each<[string, LeaseSpec | undefined, number, boolean]>([
  ['a fresh one of another', others, 0, false],
  ['one of another that is not over', others, 14_999, false],
  ['one of another that is over', others, 15_000, true],
  ['its own', { ...others, holderIdentity: 'me' }, 0, true],
  ['one that was given back', { ...others, holderIdentity: '' }, 0, true],
  ['one that was never held', undefined, 0, true],
  ['one of another that promised nothing', { holderIdentity: 'other' }, 0, true],
])('judges %s', (_, spec, waitedMs, expected) => {
  expect(mayTake({ lease: lease(spec), since: 50 }, 'me', 50 + waitedMs)).toBe(expected);
});

it('asks no clock of others: a renewTime of last year or of next year changes nothing', () => {
  for (const renewTime of ['2025-01-01T00:00:00.000000Z', '2027-01-01T00:00:00.000000Z']) {
    expect(mayTake({ lease: lease({ ...others, renewTime }), since: 0 }, 'me', 14_999)).toBe(false);
    expect(mayTake({ lease: lease({ ...others, renewTime }), since: 0 }, 'me', 15_000)).toBe(true);
  }
});

it('counts who took it over, and keeps since when it is held', () => {
  const taken = heldBy('me', { ...others, leaseTransitions: 3, acquireTime: 'earlier' }, LEASE_MS, WALL);
  expect(taken).toEqual({
    holderIdentity: 'me',
    leaseDurationSeconds: 15,
    acquireTime: '2026-11-21T09:00:00.250000Z',
    renewTime: '2026-11-21T09:00:00.250000Z',
    leaseTransitions: 4,
  });
  const renewed = heldBy('me', taken, LEASE_MS, WALL + 2_000);
  expect(renewed).toEqual({ ...taken, renewTime: '2026-11-21T09:00:02.250000Z' });
  expect(heldBy('me', undefined, LEASE_MS, WALL).leaseTransitions).toBe(0);
});

it('gives back a lease that anybody may take', () => {
  const spec = released(heldBy('other', undefined, LEASE_MS, WALL), WALL + 1_000);
  expect(mayTake({ lease: lease(spec), since: 0 }, 'me', 0)).toBe(true);
  expect(spec.renewTime).toBe(microTime(WALL + 1_000));
});
