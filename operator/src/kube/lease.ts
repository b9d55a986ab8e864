import type { KubeMetadata } from '@showrunner/service-kit/kube';

/** A `coordination.k8s.io/v1` Lease. */
export interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: KubeMetadata;
  readonly spec?: LeaseSpec;
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds, by the clock of whoever wrote it. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** A lease, and when this state of it was first seen. */
export interface SeenLease {
  readonly lease: Lease;
  /** Milliseconds by our own clock that only goes forward. */
  readonly since: number;
}

/** What was read, kept as seen since before where nothing has changed. */
export function seeLease(lease: Lease, before: SeenLease | undefined, now: number): SeenLease {
  const isSame = before?.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return isSame ? before! : { lease, since: now };
}

/**
 * Whether we may take the lease: it is ours, or nobody's, or its holder did not renew it for as long as it promised. The
 * clocks of others are not asked: what counts is how long we have seen no change (as in client-go's leaderelection).
 */
export function mayTake({ lease, since }: SeenLease, identity: string, now: number): boolean {
  const { holderIdentity, leaseDurationSeconds = 0 } = lease.spec ?? {};
  if (!holderIdentity || holderIdentity === identity) return true;
  return now >= since + leaseDurationSeconds * 1_000;
}

/** The lease as held by us from now on. `wallNow` in milliseconds since the epoch is for people to read. */
export function heldBy(
  identity: string,
  before: LeaseSpec | undefined,
  durationMs: number,
  wallNow: number,
): LeaseSpec {
  const time = microTime(wallNow);
  const isOurs = before?.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1_000),
    acquireTime: isOurs ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (before?.leaseTransitions ?? 0) + (isOurs || !before ? 0 : 1),
  };
}

/** The lease as nobody's, so that the next one need not wait for its end. */
export function released(before: LeaseSpec, wallNow: number): LeaseSpec {
  const time = microTime(wallNow);
  return { ...before, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}

/** `2026-11-21T09:13:16.000000Z`: what a Lease takes as a time. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace('Z', '000Z');
}
