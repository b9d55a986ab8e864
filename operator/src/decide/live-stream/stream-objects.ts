import { componentName, type LiveStream } from '@showrunner/crds';
import { KUBE, type KubeResource } from '@showrunner/service-kit/kube';
import type { ObjectRef } from '../decision.ts';
import type { ObservedObject } from '../objects/observed-object.ts';
import { ownershipOf } from '../objects/ownership.ts';
import { COMPONENTS, configName } from './object-names.ts';
import type { StreamObjects } from './observed-live-stream.ts';
import { keySecretOf } from './stream-key.ts';

export interface NamedObject {
  readonly resource: KubeResource;
  readonly name: string;
  readonly object: ObservedObject;
}

/** The objects that have the names of a stream's own, whosever they are. A stream-key Secret of the user's own is not among them. */
export function objectsOf(stream: LiveStream, children: StreamObjects): NamedObject[] {
  const { name } = stream.metadata;
  const objects: { resource: KubeResource; name: string; object: ObservedObject | undefined }[] = [
    { resource: KUBE.secrets, name: configName(name), object: children.config },
    ...COMPONENTS.map((component) => ({ component, name: componentName(name, component) })).flatMap(
      ({ component, name }) => [
        { resource: KUBE.services, name, object: children.services[component] },
        { resource: KUBE.deployments, name, object: children.deployments[component] },
        { resource: KUBE.disruptionBudgets, name, object: children.disruptionBudgets[component] },
      ],
    ),
  ];
  if (children.keySecret?.managed) {
    objects.push({ resource: KUBE.secrets, name: keySecretOf(stream).name, object: children.keySecret });
  }
  return objects.filter((named): named is NamedObject => named.object !== undefined);
}

/** What a deleted LiveStream of the same name left: it goes before anything is made in its place. */
export function formerObjects(stream: LiveStream, children: StreamObjects): { exist: boolean; toDelete: ObjectRef[] } {
  const { namespace, uid } = stream.metadata;
  const former = objectsOf(stream, children).filter(({ object }) => ownershipOf(object, uid) === 'former');
  const toDelete = former
    .filter(({ object }) => !object.deleting)
    .map(({ resource, name, object }) => ({ resource, namespace, name, uid: object.uid }));
  return { exist: former.length > 0, toDelete };
}
