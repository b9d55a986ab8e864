import { createHash } from 'node:crypto';
import type { Manifest } from '../decision.ts';
import { APPLIED } from './labels.ts';

const HASH_CHARACTERS = 20;

/**
 * Of a value as JSON. The order of keys counts: what is hashed is either built in one order, or comes from the API server, which
 * sorts the keys of maps.
 */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, HASH_CHARACTERS);
}

/** The manifest with its own hash as an annotation. */
export function withHash(manifest: Manifest): Manifest {
  const annotations = { ...manifest.metadata.annotations, [APPLIED]: hashOf(manifest) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}
