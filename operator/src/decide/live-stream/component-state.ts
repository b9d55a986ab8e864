import type { StreamComponent } from '@showrunner/crds';
import type { ObservedDeployment, ObservedPod, PodTrouble } from '../objects/observed-object.ts';
import { explainQuota, withoutPodName, type QuotaRefusal } from '../objects/quota.ts';
import type { PodReason } from './reasons.ts';

/** How the pods of a component are. */
export interface ComponentState {
  readonly component: StreamComponent;
  readonly ready: boolean;
  /** There is a pod, or a Deployment that is to make one. */
  readonly isMade: boolean;
  readonly reason: PodReason;
  readonly message: string;
  /** Somebody should look at it: it does not become ready by waiting. */
  readonly isTrouble: boolean;
  readonly quota?: QuotaRefusal;
  /** Of a pod that starts. */
  readonly podIP?: string | undefined;
}

const IMAGE_TROUBLE: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
]);

/** Messages say only what stays the same while a pod is tried again and again. */
function explained(
  component: StreamComponent,
  { name }: ObservedPod,
  trouble: PodTrouble,
): Pick<ComponentState, 'reason' | 'message'> {
  const pod = `The ${component} pod "${name}"`;
  const { reason, message } = trouble;
  if (IMAGE_TROUBLE.has(reason)) {
    return {
      reason: 'ImageUnavailable',
      message: `${pod} waits for its image, which cannot be pulled; its Events say why.`,
    };
  }
  switch (reason) {
    case 'Unschedulable':
      return {
        reason: 'Unschedulable',
        message: `No node takes the ${component} pod: ${sentence(withoutNodeCounts(message))}`,
      };
    case 'Crashed':
      return { reason: 'PodCrashing', message: `${pod} ended with ${message} and is started again; its log says why.` };
    case 'OOMKilled':
      return {
        reason: 'OutOfMemory',
        message: `${pod} needed more memory than its limit and is started again; raise resources of the pod in the spec.`,
      };
    default:
      return { reason: 'PodBlocked', message: `${pod} cannot start (${reason}): ${sentence(message)}` };
  }
}

const NODES = /^0\/\d+ nodes are available: /;

/**
 * What nodes lack, without how many of them do, and without what else was tried. kube-scheduler says "0/57 nodes are available: 26 node(s)
 * had untolerated taint {a: b}, 31 Insufficient cpu. preemption: …", in the order of the numbers.
 */
function withoutNodeCounts(message: string): string {
  const head = NODES.exec(message)?.[0];
  if (head === undefined) return message;
  const [lacks = ''] = message.slice(head.length).split(/\.(?: |$)/, 1);
  const parts = lacks.split(/, (?=\d+ )/).map((lack) => lack.replace(/^\d+ /, ''));
  return parts.sort().join(', ');
}

const sentence = (text: string) => (text === '' ? 'Kubernetes gives no reason.' : text.replace(/\.?$/, '.'));

/** The state of a component that should have a pod. */
export function componentState(
  component: StreamComponent,
  deployment: ObservedDeployment | undefined,
  pods: readonly ObservedPod[],
): ComponentState {
  const running = pods.filter((pod) => !pod.finished);
  const isMade = running.some((pod) => pod.ready || !pod.deleting) || deployment !== undefined;
  return { component, isMade, ...podsState(component, deployment, running) };
}

function podsState(
  component: StreamComponent,
  deployment: ObservedDeployment | undefined,
  running: readonly ObservedPod[],
): Omit<ComponentState, 'component' | 'isMade'> {
  const newest = running.filter((pod) => !pod.deleting).sort((a, b) => b.createdAt - a.createdAt)[0];
  const ready = running.find((pod) => pod.ready && !pod.deleting) ?? running.find((pod) => pod.ready);
  if (ready) {
    const where = ready.node === undefined ? '' : ` on node ${ready.node}`;
    const follower = ready.deleting && newest?.trouble ? explained(component, newest, newest.trouble) : undefined;
    const then = follower ? ` It is leaving, and none can follow: ${follower.message}` : '';
    const message = `Pod "${ready.name}" is ready${where}.${then}`;
    return { ready: true, reason: 'PodReady', message, isTrouble: false };
  }
  if (newest?.trouble) return { ready: false, ...explained(component, newest, newest.trouble), isTrouble: true };
  if (newest) {
    const message = `Pod "${newest.name}" is starting.`;
    return { ready: false, reason: 'PodStarting', message, isTrouble: false, podIP: newest.ip };
  }
  if (deployment?.failure !== undefined) {
    const quota = explainQuota(deployment.failure, `the ${component} pod`);
    if (quota) return { ready: false, reason: 'QuotaExceeded', message: quota.message, isTrouble: false, quota };
    const message = `Kubernetes refuses to make the ${component} pod: ${sentence(withoutPodName(deployment.failure))}`;
    return { ready: false, reason: 'PodRefused', message, isTrouble: true };
  }
  return { ready: false, reason: 'PodStarting', message: `The ${component} pod is being made.`, isTrouble: false };
}
