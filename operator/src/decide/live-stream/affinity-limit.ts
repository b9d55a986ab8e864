import type { LiveStreamSpec, PodSpec } from '@showrunner/crds';

/** In characters of JSON. The API server does not look into an affinity, and takes any length; the operator holds those of all streams. */
export const MAX_AFFINITY_LENGTH = 16_384;
/** Stands in place of a longer one. */
const TOO_LONG: NonNullable<PodSpec['affinity']> = Object.freeze({});

/** The spec as it can be kept: the same object, unless an affinity is too long. */
export function withoutLongAffinity(spec: LiveStreamSpec): LiveStreamSpec {
  const { ingest, transcode } = spec;
  if (longAffinityOf(spec) === undefined) return spec;
  return { ...spec, ingest: { ...ingest, ...shortened(ingest) }, transcode: { ...transcode, ...shortened(transcode) } };
}

/** The field that is or was too long, as `spec.ingest.pod.affinity`. */
export function longAffinityOf({ ingest, transcode }: LiveStreamSpec): string | undefined {
  if (isLong(ingest.pod)) return 'spec.ingest.pod.affinity';
  return isLong(transcode.pod) ? 'spec.transcode.pod.affinity' : undefined;
}

function shortened({ pod }: { readonly pod?: PodSpec | undefined }): { pod?: PodSpec } {
  return isLong(pod) ? { pod: { ...pod, affinity: TOO_LONG } } : {};
}

function isLong(pod: PodSpec | undefined): boolean {
  const affinity = pod?.affinity;
  return affinity === TOO_LONG || (affinity !== undefined && JSON.stringify(affinity).length > MAX_AFFINITY_LENGTH);
}
