import { createHash } from 'node:crypto';

/** Hex SHA-256 of a stream key: what a LiveStream's status holds, and all that anyone but its Secret keeps of a key. */
export function hashStreamKey(key: string): string {
  return createHash('sha256').update(key, 'utf8').digest('hex');
}
