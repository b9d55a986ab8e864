import { componentName, type LiveStream, type StreamComponent } from '@showrunner/crds';
import { KUBE, type KubeResource } from '@showrunner/service-kit/kube';
import type { Apply, Manifest, ObjectRef, PodAnnotations } from '../decision.ts';
import { annotationOf, APPLIED, CONFIG, SAFE_TO_EVICT, TEMPLATE } from '../objects/labels.ts';
import type { ObservedDeployment, ObservedObject, ObservedPod } from '../objects/observed-object.ts';
import { ownershipOf } from '../objects/ownership.ts';
import type { OperatorSettings } from '../settings.ts';
import { configSecretOf, keySecretManifest } from './config-secret.ts';
import type { KeyHash } from './decide-keys.ts';
import { REFUSED_FOR_MS } from './hold-offs.ts';
import { deploymentOf, disruptionBudgetOf, serviceOf } from './manifests.ts';
import { COMPONENTS, configName } from './object-names.ts';
import type { ObservedLiveStream, Refusal, StreamObjects } from './observed-live-stream.ts';
import type { PodsNeeded } from './pods-needed.ts';

/** What decides over the objects of a stream. */
export interface ObjectNeeds {
  readonly pods: PodsNeeded;
  /** Whether pods that serve may be replaced now; `interrupting` a show, of which they are told before. */
  readonly mayReplace: boolean | 'interrupting';
  /** `undefined` where it is not known: then what protects a show stays as it is. */
  readonly onAir: boolean | undefined;
  /** Epoch ms, while a show is on air. */
  readonly onAirSince: number | undefined;
  readonly keyHashes: readonly KeyHash[];
  /** A stream key to be made. */
  readonly newKey: string | undefined;
}

export interface ObjectWrites {
  readonly create: Manifest[];
  readonly apply: Apply[];
  readonly delete: ObjectRef[];
  readonly podAnnotations: PodAnnotations[];
  /** Components whose pods wait for a newer template. */
  readonly pending: StreamComponent[];
  /** Components whose pods are replaced by this decision. */
  readonly replaced: StreamComponent[];
  /** The refusal of an object that is still wanted as it was refused. */
  refusal?: Refusal | undefined;
}

/**
 * From a change of the configuration until the pods that run go by it: kubelet has it in their mounts about a second after their annotation says
 * so. A pod that ends is not told of it any more, and would wait for the end of its show.
 */
const TELLING_MS = 5_000;

export const nameOf = ({ kind, metadata }: Manifest) => `${kind} "${metadata.name}"`;

/** The writes that bring the objects of a stream to what it needs; none where they are so already. */
export function decideObjects(
  stream: LiveStream,
  observed: ObservedLiveStream,
  needs: ObjectNeeds,
  settings: OperatorSettings,
  now: number,
): ObjectWrites {
  const { children, refusals } = observed;
  const writes: ObjectWrites = { create: [], apply: [], delete: [], podAnnotations: [], pending: [], replaced: [] };
  const remove = (resource: KubeResource, name: string, object: ObservedObject | undefined) => {
    if (!object || object.deleting || ownershipOf(object, stream.metadata.uid) === 'foreign') return;
    writes.delete.push({ resource, namespace: stream.metadata.namespace, name, uid: object.uid });
  };
  const ensure = (manifest: Manifest, object: ObservedObject | undefined) => {
    const applied = annotationOf(manifest, APPLIED);
    if (object?.deleting || (object?.applied === applied && !object?.drifted)) return;
    if (isRefused(manifest, applied)) return;
    writes.apply.push(object ? { manifest, uid: object.uid } : { manifest });
  };
  // What is made with a new random key each time is the same object all the same.
  const isRefused = (manifest: Manifest, applied?: string) => {
    const refusal = refusals.find(({ object }) => object === nameOf(manifest));
    if (!refusal || (applied !== undefined && applied !== refusal.applied)) return false;
    writes.refusal ??= refusal;
    return now < refusal.at + REFUSED_FOR_MS;
  };
  const make = (manifest: Manifest) => {
    if (!isRefused(manifest)) writes.create.push(manifest);
  };

  if (needs.newKey !== undefined) make(keySecretManifest(stream, needs.newKey));
  if (needs.pods === 'unwanted') {
    for (const component of COMPONENTS) {
      const name = componentName(stream.metadata.name, component);
      remove(KUBE.disruptionBudgets, name, children.disruptionBudgets[component]);
      remove(KUBE.deployments, name, children.deployments[component]);
      remove(KUBE.services, name, children.services[component]);
    }
    remove(KUBE.secrets, configName(stream.metadata.name), children.config);
    return writes;
  }

  const { config } = children;
  const flvToken = config?.flvToken ?? observed.fresh.flvToken;
  const { keyHashes, onAirSince } = needs;
  const isToBeReplaced = needs.mayReplace !== false;
  const runningTranscode = onAirSince === undefined || isToBeReplaced ? undefined : config?.transcode;
  const { content, manifest } = configSecretOf(stream, { keyHashes, onAirSince, runningTranscode, flvToken, settings });
  if (config) ensure(manifest, config);
  else if (needs.pods === 'wanted') make(manifest);
  const isTold = config?.content === content && now >= config.changedAt + TELLING_MS;
  const mayReplaceAll = needs.mayReplace === 'interrupting' ? isTold : needs.mayReplace;

  for (const component of COMPONENTS) {
    const deployment = children.deployments[component];
    if (needs.pods === 'wanted') {
      ensure(serviceOf(stream, component), children.services[component]);
      const wanted = deploymentOf(stream, component, settings);
      const replaces = deployment !== undefined && changesPods(wanted, deployment);
      const mayReplace = mayReplaceAll || (replaces && isDown(deployment, children.pods[component]));
      if (!replaces || mayReplace) ensure(wanted, deployment);
      if (replaces) writes[mayReplace ? 'replaced' : 'pending'].push(component);
    }
    const budget = children.disruptionBudgets[component];
    if (needs.onAir === true) ensure(disruptionBudgetOf(stream, component), budget);
    else if (needs.onAir === false) {
      remove(KUBE.disruptionBudgets, componentName(stream.metadata.name, component), budget);
    }
    for (const pod of children.pods[component]) {
      const annotations = annotationsFor(pod, children, content, needs.onAir);
      const { namespace } = stream.metadata;
      if (annotations) writes.podAnnotations.push({ namespace, name: pod.name, uid: pod.uid, annotations });
    }
  }
  return writes;
}

/** Whether pods would be made anew. What somebody else changed of a Deployment may have been its template. */
function changesPods(wanted: Manifest, deployment: ObservedDeployment): boolean {
  return annotationOf(wanted, TEMPLATE) !== deployment.template || deployment.drifted;
}

/**
 * Whether a Deployment has no pod that serves, and gets none by itself. One that is not ready for a moment may serve all the
 * same, one that crashed is started again at once the first time, and one that was deleted is followed by another.
 */
function isDown({ drifted, failure }: ObservedDeployment, pods: readonly ObservedPod[]): boolean {
  const alive = pods.filter(({ finished, deleting }) => !finished && !deleting);
  if (alive.length > 0) return alive.every(({ trouble }) => trouble?.isStuck);
  return drifted || failure !== undefined;
}

function annotationsFor(
  pod: ObservedPod,
  { config }: StreamObjects,
  content: string,
  onAir: boolean | undefined,
): Record<string, string | null> | undefined {
  // The mounts of a pod that ends are not refreshed any more.
  if (pod.finished || pod.deleting) return undefined;
  const annotations: Record<string, string | null> = {};
  // A pod without the annotation was started with the configuration of that time.
  const startedWithIt = config === undefined || (config.content === content && pod.createdAt >= config.changedAt);
  const isCurrent = pod.config === undefined ? startedWithIt : pod.config === content;
  if (!isCurrent) annotations[CONFIG] = content;
  if (onAir === true && pod.safeToEvict !== 'false') annotations[SAFE_TO_EVICT] = 'false';
  if (onAir === false && pod.safeToEvict === 'false') annotations[SAFE_TO_EVICT] = null;
  return Object.keys(annotations).length > 0 ? annotations : undefined;
}
