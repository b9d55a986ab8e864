import type { LiveStreamSpec, PodSpec } from '@showrunner/crds';

/** In characters of JSON. The API server does not look into an affinity, and takes any length; the operator holds those of all streams. */
export const MAX_AFFINITY_LENGTH = 16_384;
/** Stands in place of a longer one. */
const TOO_LONG: NonNullable<PodSpec['affinity']> = Object.freeze({});

/** The spec as it can be kept: the same object, unless an affinity is too long. */
export function withoutLongAffinity(spec: LiveStreamSpec): LiveStreamSpec {
  const [ingest, transcode] = [shortened(spec.ingest), shortened(spec.transcode)];
  return ingest === spec.ingest && transcode === spec.transcode ? spec : { ...spec, ingest, transcode };
}

/** The field of a kept spec that was too long, as `spec.ingest.pod.affinity`. */
export function longAffinityOf({ ingest, transcode }: LiveStreamSpec): string | undefined {
  if (ingest.pod?.affinity === TOO_LONG) return 'spec.ingest.pod.affinity';
  return transcode.pod?.affinity === TOO_LONG ? 'spec.transcode.pod.affinity' : undefined;
}

function shortened<T extends { readonly pod?: PodSpec | undefined }>(part: T): T {
  const affinity = part.pod?.affinity;
  if (affinity === undefined || JSON.stringify(affinity).length <= MAX_AFFINITY_LENGTH) return part;
  return { ...part, pod: { ...part.pod, affinity: TOO_LONG } };
}
