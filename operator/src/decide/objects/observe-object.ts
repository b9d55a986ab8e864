import type { KubeObject } from '@showrunner/service-kit/kube';
import type { Manifest } from '../decision.ts';
import { hashOf } from './hash.ts';
import { isSubset } from './is-subset.ts';
import { annotationOf, APPLIED, CONFIG, MANAGED_BY, MANAGER, SAFE_TO_EVICT, TEMPLATE } from './labels.ts';
import type { ObservedDeployment, ObservedObject, ObservedPod, ObservedSecret } from './observed-object.ts';
import { troubleOf, type PodStatus } from './pod-trouble.ts';

const LONGEST_MESSAGE = 1_000;

/** What is kept of a message of Kubernetes, which may quote all that users wrote. */
export function keptMessage(message: string): string {
  return message.slice(0, LONGEST_MESSAGE).toWellFormed();
}

const timeOf = (text: string | undefined) => Date.parse(text ?? '') || 0;

/** `desired`: the manifest of the same kind and name, where the resource wants one (`ResourceKind.manifests`). */
export function observeObject(object: KubeObject, desired: Manifest | undefined): ObservedObject {
  const { uid = '', ownerReferences, labels, deletionTimestamp, creationTimestamp } = object.metadata;
  const owner = ownerReferences?.[0]?.uid;
  const applied = annotationOf(object, APPLIED);
  return {
    uid,
    ...(owner === undefined ? {} : { ownerUid: owner }),
    managed: labels?.[MANAGED_BY] === MANAGER,
    ...(applied === undefined ? {} : { applied }),
    // Of another manifest nothing is known; it is applied anew anyway.
    drifted: desired !== undefined && annotationOf(desired, APPLIED) === applied && !isSubset(desired, object),
    deleting: deletionTimestamp !== undefined,
    createdAt: timeOf(creationTimestamp),
  };
}

/** A Deployment as the API gives it. */
export interface DeploymentObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

export function observeDeployment(object: DeploymentObject, desired: Manifest | undefined): ObservedDeployment {
  const failure = object.status?.conditions?.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  const template = annotationOf(object, TEMPLATE);
  return {
    ...observeObject(object, desired),
    ...(template === undefined ? {} : { template }),
    ...(failure ? { failure: keptMessage(failure.message ?? '') } : {}),
  };
}

/** A Secret as the API gives it; values are base64. */
export interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly metadata: KubeObject['metadata'] & { readonly managedFields?: readonly { time?: string }[] };
}

/** A Secret that we wrote. That its data is another than was applied shows without knowing what was. */
export function observeSecret(object: SecretObject): ObservedSecret {
  const { managedFields = [], creationTimestamp } = object.metadata;
  const content = hashOf(object.data ?? {});
  return {
    ...observeObject(object, undefined),
    drifted: content !== annotationOf(object, CONFIG),
    content,
    changedAt: Math.max(timeOf(creationTimestamp), ...managedFields.map(({ time }) => timeOf(time))),
  };
}

/** A Pod as the API gives it. */
export interface PodObject extends KubeObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: PodStatus;
}

export function observePod(object: PodObject): ObservedPod {
  const { name, uid = '', creationTimestamp, deletionTimestamp } = object.metadata;
  const { status = {}, spec } = object;
  const ready = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  const trouble = ready ? undefined : troubleOf(status);
  const [template, config, safeToEvict] = [TEMPLATE, CONFIG, SAFE_TO_EVICT].map((key) => annotationOf(object, key));
  return {
    name,
    uid,
    createdAt: timeOf(creationTimestamp),
    ready: ready === true,
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    deleting: deletionTimestamp !== undefined,
    ...(status.podIP ? { ip: status.podIP } : {}),
    ...(spec?.nodeName ? { node: spec.nodeName } : {}),
    ...(trouble ? { trouble: { ...trouble, message: keptMessage(trouble.message) } } : {}),
    ...(template === undefined ? {} : { template }),
    ...(config === undefined ? {} : { config }),
    ...(safeToEvict === undefined ? {} : { safeToEvict }),
  };
}
