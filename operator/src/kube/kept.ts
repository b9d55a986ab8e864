import type { KubeObject } from '@showrunner/service-kit/kube';
import {
  type DeploymentObject,
  type Manifest,
  type ObservedDeployment,
  type ObservedObject,
  type Room,
  observeDeployment,
  observeObject,
} from '../decide/index.ts';
import { quantityOf } from '../decide/objects/quantity.ts';
import type { Kept } from './object-table.ts';

/** What is kept of an object that belongs to a resource, by that one's name. */
export type Owned<O> = O & Kept & { readonly owner: string };

export type KeptObject = Owned<ObservedObject>;
export type KeptDeployment = Owned<ObservedDeployment>;

/** What a ResourceQuota has left, by `quota/resource`. */
export interface KeptQuota extends Kept {
  readonly room: Room;
}

export function keptOf({ metadata }: KubeObject): Kept {
  return { namespace: metadata.namespace!, name: metadata.name, resourceVersion: metadata.resourceVersion! };
}

/** `nameLabel`: that of the kind of resource (`ResourceKind.nameLabel`). */
export function ownedOf(object: KubeObject, nameLabel: string): Owned<object> {
  return { ...keptOf(object), owner: object.metadata.labels?.[nameLabel] ?? '' };
}

/** `desired`: the manifest that the object should be like. */
export function keepObject(object: KubeObject, nameLabel: string, desired: Manifest | undefined): KeptObject {
  return { ...ownedOf(object, nameLabel), ...observeObject(object, desired) };
}

export function keepDeployment(
  object: DeploymentObject,
  nameLabel: string,
  desired: Manifest | undefined,
): KeptDeployment {
  return { ...ownedOf(object, nameLabel), ...observeDeployment(object, desired) };
}

interface QuotaObject extends KubeObject {
  readonly status?: Readonly<Record<'hard' | 'used', Readonly<Record<string, string>> | undefined>>;
}

export function keepQuota(object: QuotaObject): KeptQuota {
  const { hard = {}, used = {} } = object.status ?? {};
  const { name } = object.metadata;
  const left = Object.entries(hard).map(([resource, most]) => {
    return [`${name}/${resource}`, (quantityOf(most) ?? 0) - (quantityOf(used[resource] ?? '0') ?? 0)];
  });
  return { ...keptOf(object), room: Object.fromEntries(left) as Room };
}
