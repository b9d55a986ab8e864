import { createHash } from 'node:crypto';

/** What runs for a LiveStream on a cluster. */
export type StreamComponent = 'ingest' | 'transcoder';

/** Longest name of a Service and of a label's value. */
const MAX_LABEL = 63;
const HASH_CHARACTERS = 10;
/** Names of Services begin with a letter (RFC 1035). */
const STARTS_WITH_LETTER = /^[a-z]/;

/**
 * Name of what belongs to a LiveStream: `NAME-SUFFIX`. Where that is no name for a Service, because it is too long or begins
 * with a digit, a part of the name and its hash.
 */
export function childName(stream: string, suffix: string): string {
  const plain = `${stream}-${suffix}`;
  if (plain.length <= MAX_LABEL && STARTS_WITH_LETTER.test(plain)) return plain;
  const hash = createHash('sha256').update(stream).digest('hex').slice(0, HASH_CHARACTERS);
  const start = stream.slice(0, MAX_LABEL - suffix.length - HASH_CHARACTERS - 4).replace(/-+$/, '');
  return `s-${start}-${hash}-${suffix}`;
}

/** Name of the Deployment and of the Service of a component, in the stream's namespace. */
export function componentName(stream: string, component: StreamComponent): string {
  return childName(stream, component);
}

/** Ports that components listen on, on a cluster. */
export const CLUSTER_PORTS = {
  rtmp: 1935,
  rtmps: 1936,
  /** FLV of ingest, media of transcoder and edge, API and page of web, knocks at the operator. */
  http: 8080,
  /** `/healthz`, `/readyz`, `/metrics`, and `/state` of what belongs to one stream. */
  ops: 9090,
} as const;
