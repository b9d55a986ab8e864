import { durationMs, type LiveStream } from '@showrunner/crds';
import { hashStreamKey } from '@showrunner/service-kit';
import type { Problem } from './findings.ts';
import { keySecretOf, MAX_KEY_LENGTH, MIN_KEY_LENGTH } from './stream-key.ts';

/** Of a key in use; random ones of this length have more. */
const MIN_DIFFERENT_CHARACTERS = 8;
/** A status must stay small, however often a key is changed within its grace. */
const MAX_FORMER_KEYS = 16;
/** What every publisher sends as it is typed. Of an address `rtmp://host/live/KEY` some take more than the last part for the application. */
const SENT_AS_TYPED = /^[!-~]*$/;
const ENDS_A_KEY = /[/?#]/;

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
      message: `The stream key in Secret "${name}" is too short: it must have at least ${MIN_KEY_LENGTH} characters.`,
    };
  }
  if (new Set(observed.key).size < MIN_DIFFERENT_CHARACTERS) {
    return {
      reason: 'KeyTooWeak',
      message: `The stream key in Secret "${name}" is too easy to guess: it must have at least ${MIN_DIFFERENT_CHARACTERS} different characters.`,
    };
  }
  if (observed.key.length > MAX_KEY_LENGTH || !SENT_AS_TYPED.test(observed.key) || ENDS_A_KEY.test(observed.key)) {
    return {
      reason: 'KeyUnusable',
      message: `Not every publisher could send the stream key in Secret "${name}": it must have at most ${MAX_KEY_LENGTH} characters, of ASCII, without spaces and the signs / ? #. \`openssl rand -hex 20\` makes one.`,
    };
  }
  if (observed.usedBy) {
    return {
      reason: 'KeyInUse',
      message: `The stream key in Secret "${name}" is already used by ${holder(observed.usedBy, stream)}.`,
    };
  }
  return undefined;
}

/** What other tenants have is theirs to tell. */
function holder(usedBy: string, { metadata }: LiveStream): string {
  const [namespace, name] = usedBy.split('/');
  return namespace === metadata.namespace ? `LiveStream "${name}"` : 'a LiveStream of another namespace';
}

function earlier(expiresAt: string | undefined, latest: number): string {
  return expiresAt !== undefined && Date.parse(expiresAt) <= latest ? expiresAt : new Date(latest).toISOString();
}

/**
 * Keys that a LiveStream had before and accepts until their grace is over. A grace that has been made shorter since shortens
 * theirs, so that `0s` revokes a key that got out at once; a longer one comes too late for them.
 */
function formerKeys(
  stream: LiveStream,
  present: string | undefined,
  now: number,
): { sha256: string; expiresAt: string }[] {
  const latest = now + durationMs(stream.spec.ingest.keyRotationGrace);
  return (stream.status.ingest?.keyHashes ?? [])
    .filter((hash) => hash.sha256 !== present)
    .map(({ sha256, expiresAt }) => ({ sha256, expiresAt: earlier(expiresAt, latest) }))
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .sort((a, b) => Date.parse(b.expiresAt) - Date.parse(a.expiresAt))
    .slice(0, MAX_FORMER_KEYS);
}

/** Which keys a LiveStream accepts: the present one, and former ones in their grace. */
export function decideKeys(stream: LiveStream, observed: ObservedKey, now: number): KeyDecision {
  const problem = problemWith(stream, observed);
  const present = observed.key && !problem ? hashStreamKey(observed.key) : undefined;
  const former = formerKeys(stream, present, now);
  return {
    hashes: [...(present ? [{ sha256: present }] : []), ...former],
    ...(problem ? { problem } : {}),
    ...(former.length > 0 ? { nextExpiry: Math.min(...former.map((hash) => Date.parse(hash.expiresAt))) } : {}),
  };
}

/** Hashes of the former keys that a LiveStream accepts still. */
export function formerHashes(stream: LiveStream, present: string | undefined, now: number): string[] {
  return formerKeys(stream, present, now).map(({ sha256 }) => sha256);
}

/** Hashes of the keys that a stream accepts by its status: it had them before whoever has not. */
export function statusHashes(stream: LiveStream): string[] {
  return (stream.status.ingest?.keyHashes ?? []).map(({ sha256 }) => sha256);
}
