import { randomBytes } from 'node:crypto';
import { type LiveStream, type Secret } from '@showrunner/crds';

/** Shorter keys are refused: 16 characters hold 80 bits or more where they are random. */
export const MIN_KEY_LENGTH = 16;
/** What RTMP takes as the name of a stream. */
export const MAX_KEY_LENGTH = 256;

const KEY_BYTES = 20;
const KEY_ENTRY = 'streamKey';

/** Mark a Secret that was made for a LiveStream and goes with it; a stream of the same name made later is another one. */
const OWNER_LABEL = 'showrunner.dev/live-stream';
const OWNER_UID_LABEL = 'showrunner.dev/live-stream-uid';

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
  const { name: owner, uid } = stream.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name, labels: { [OWNER_LABEL]: owner, ...(uid && { [OWNER_UID_LABEL]: uid }) } },
    stringData: { [KEY_ENTRY]: key },
  };
}

/** The LiveStream that a Secret was made for by `newKeySecret`. */
export function ownerOf(secret: Secret): { name: string; uid: string | undefined } | undefined {
  const { [OWNER_LABEL]: name, [OWNER_UID_LABEL]: uid } = secret.metadata.labels ?? {};
  return name === undefined ? undefined : { name, uid };
}

/** Whether the Secret was made for a former stream of this name. */
export function isLeftOver(secret: Secret, stream: LiveStream): boolean {
  const owner = ownerOf(secret);
  return owner?.name === stream.metadata.name && owner.uid !== undefined && owner.uid !== stream.metadata.uid;
}

/** The key in a Secret, surrounding white space taken off; `undefined` where the entry is missing. */
export function keyIn(secret: Secret | undefined, entry: string): string | undefined {
  const data = secret?.data[entry];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8').trim();
}
