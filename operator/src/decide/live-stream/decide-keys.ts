import { durationMs, type LiveStream } from '@showrunner/crds';
import { hashStreamKey } from '@showrunner/service-kit';
import type { Problem } from './findings.ts';
import { keySecretOf, MAX_KEY_LENGTH, MIN_KEY_LENGTH } from './stream-key.ts';

export type KeyHash = { sha256: string; expiresAt?: string | undefined };

export interface KeyDecision {
  /** Hashes that are accepted from now on, the current one first. */
  readonly hashes: KeyHash[];
  readonly problem?: Problem;
  /** When the first former key expires, epoch ms. */
  readonly nextExpiry?: number;
}

export interface ObservedKey {
  readonly secretExists: boolean;
  readonly key: string | undefined;
  /** Another LiveStream, as namespace/name, which had the same key first. */
  readonly usedBy?: string | undefined;
}

function problemWith(stream: LiveStream, observed: ObservedKey): Problem | undefined {
  const { name, entry } = keySecretOf(stream);
  if (!observed.secretExists) {
    return {
      reason: 'SecretMissing',
      message: `spec.ingest.keySecretRef.name: there is no Secret "${name}" in namespace "${stream.metadata.namespace}".`,
    };
  }
  if (!observed.key) {
    return { reason: 'KeyMissing', message: `Secret "${name}" has no entry "${entry}" with a stream key in it.` };
  }
  if (observed.key.length < MIN_KEY_LENGTH) {
    return {
      reason: 'KeyTooWeak',
      message: `The stream key in Secret "${name}" has ${observed.key.length} characters; it must have at least ${MIN_KEY_LENGTH}.`,
    };
  }
  if (observed.key.length > MAX_KEY_LENGTH || observed.key.includes('?')) {
    return {
      reason: 'KeyUnusable',
      message: `No publisher can send the stream key in Secret "${name}": it must have at most ${MAX_KEY_LENGTH} characters and no question mark.`,
    };
  }
  if (observed.usedBy) {
    return {
      reason: 'KeyInUse',
      message: `The stream key in Secret "${name}" is already used by LiveStream "${observed.usedBy}".`,
    };
  }
  return undefined;
}

function earlier(expiresAt: string | undefined, latest: number): string {
  return expiresAt !== undefined && Date.parse(expiresAt) <= latest ? expiresAt : new Date(latest).toISOString();
}

/**
 * Which keys a LiveStream accepts: the current one, and former ones until their grace is over. A grace that has been made
 * shorter since shortens theirs, so that `0s` revokes a key that got out at once; a longer one comes too late for them.
 */
export function decideKeys(stream: LiveStream, observed: ObservedKey, now: number): KeyDecision {
  const problem = problemWith(stream, observed);
  const current = observed.key && !problem ? hashStreamKey(observed.key) : undefined;
  const latest = now + durationMs(stream.spec.ingest.keyRotationGrace);
  const former = (stream.status?.ingest?.keyHashes ?? [])
    .filter((hash) => hash.sha256 !== current)
    .map(({ sha256, expiresAt }) => ({ sha256, expiresAt: earlier(expiresAt, latest) }))
    .filter((hash) => Date.parse(hash.expiresAt) > now);
  return {
    hashes: [...(current ? [{ sha256: current }] : []), ...former],
    ...(problem ? { problem } : {}),
    ...(former.length > 0 ? { nextExpiry: Math.min(...former.map((hash) => Date.parse(hash.expiresAt))) } : {}),
  };
}

/** Hash of the key that a stream had when its status was written; former keys have an expiry. */
export function currentHash(stream: LiveStream): string | undefined {
  return stream.status?.ingest?.keyHashes?.find(({ expiresAt }) => expiresAt === undefined)?.sha256;
}
