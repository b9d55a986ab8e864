import type { LiveStream } from '@showrunner/crds';
import { hashStreamKey, streamId } from '@showrunner/service-kit';

/** A stream key to show to a person, or why there is none that a publisher would be let in with. */
export type ShownKey = { readonly key: string } | { readonly problem: string };

/**
 * The key in a stream's Secret, where publishers are let in with it. `undefined` while its status says nothing of that: it may be
 * of before a restart.
 */
export function shownKey(stream: LiveStream, key: string | undefined): ShownKey | undefined {
  const { metadata, spec, status } = stream;
  const id = streamId(metadata);
  if (!spec.enabled) return { problem: `${id}: spec.enabled is false: publishers are refused.` };
  const present = key === undefined ? undefined : hashStreamKey(key);
  const isAccepted = status.ingest?.keyHashes?.some(
    ({ sha256, expiresAt }) => sha256 === present && expiresAt === undefined,
  );
  if (key !== undefined && isAccepted) return { key };
  if (status.observedGeneration !== metadata.generation) return undefined;
  const trouble = status.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'False');
  return trouble && { problem: `${id}: ${trouble.message}` };
}
