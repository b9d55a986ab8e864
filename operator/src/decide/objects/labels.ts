import type { KubeObject } from '@showrunner/service-kit/kube';

/** On everything that the operator makes. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'showrunner';
export const COMPONENT = 'app.kubernetes.io/component';

/** Hash of the manifest that was applied last. */
export const APPLIED = 'showrunner.dev/applied';
/** Hash of a pod template, on the Deployment and on its pods. */
export const TEMPLATE = 'showrunner.dev/template';
/** Hash of the mounted configuration; a change makes the kubelet fetch it at once instead of within a minute or so. */
export const CONFIG = 'showrunner.dev/config';
/** Read by the cluster autoscaler. */
export const SAFE_TO_EVICT = 'cluster-autoscaler.kubernetes.io/safe-to-evict';

export function annotationOf(object: KubeObject, annotation: string): string | undefined {
  return object.metadata.annotations?.[annotation];
}
