import { randomBytes } from 'node:crypto';
import { type LiveStream, type Secret } from '@showrunner/crds';

/** Shorter keys are refused: 16 characters hold 80 bits or more where they are random. */
export const MIN_KEY_LENGTH = 16;

const KEY_BYTES = 20;
const KEY_ENTRY = 'streamKey';

/** Marks a Secret that was made for a LiveStream and goes with it. */
const OWNER_LABEL = 'showrunner.dev/live-stream';

/** 160 random bits in hexadecimal, which every encoder and shell takes as it is. */
export function makeStreamKey(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}

/** Where the key of a LiveStream is kept: the Secret it names, else NAME-stream-key. */
export function keySecretOf(stream: LiveStream): { namespace: string; name: string; entry: string; named: boolean } {
  const { namespace, name } = stream.metadata;
  const ref = stream.spec.ingest.keySecretRef;
  if (ref) return { namespace, name: ref.name, entry: ref.key, named: true };
  return { namespace, name: `${name}-stream-key`, entry: KEY_ENTRY, named: false };
}

/** The Secret that is made where a LiveStream names none. */
export function newKeySecret(stream: LiveStream, key: string) {
  const { namespace, name } = keySecretOf(stream);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, labels: { [OWNER_LABEL]: stream.metadata.name } },
    stringData: { [KEY_ENTRY]: key },
  };
}

/** Whether a Secret was made for this LiveStream by `newKeySecret`. */
export function isOwnedBy(secret: Secret, streamName: string): boolean {
  return secret.metadata.labels?.[OWNER_LABEL] === streamName;
}

/** The key in a Secret, surrounding white space taken off; `undefined` where the entry is missing. */
export function keyIn(secret: Secret | undefined, entry: string): string | undefined {
  const data = secret?.data[entry];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8').trim();
}
