import type { LiveStream } from './live-stream.ts';

/** Reason of the condition Ready of a LiveStream whose namespace is being deleted. */
export const NAMESPACE_TERMINATING = 'NamespaceTerminating';

/**
 * Whether the status of a LiveStream says that its namespace is being deleted. That cannot be undone: it is as good as deleted,
 * though Kubernetes deletes it only when its pods are gone.
 */
export function isNamespaceTerminating({ status }: Pick<LiveStream, 'status'>): boolean {
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' && ready.reason === NAMESPACE_TERMINATING;
}
