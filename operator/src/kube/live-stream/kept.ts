import { API_VERSION, type LiveStream, type StreamComponent, UNOBSERVED_STATUS } from '@showrunner/crds';
import type { KubeObject } from '@showrunner/service-kit/kube';
import {
  CONFIG_ENTRIES,
  type DeploymentObject,
  type Manifest,
  type ObservedDeployment,
  type ObservedObject,
  type ObservedPod,
  type ObservedSecret,
  type PodObject,
  type SecretObject,
  observeDeployment,
  observeObject,
  observePod,
  observeSecret,
  transcodeIn,
  liveStreamKind,
  type Room,
} from '../../decide/index.ts';
import { COMPONENT } from '../../decide/objects/labels.ts';
import { quantityOf } from '../../decide/objects/quantity.ts';
import type { Kept } from '../object-table.ts';

/** What is kept of an object that belongs to a LiveStream. */
export type Owned<O> = O & Kept & { readonly stream: string };

export type KeptObject = Owned<ObservedObject>;
export type KeptDeployment = Owned<ObservedDeployment>;
export type KeptPod = Owned<ObservedPod> & { readonly component: StreamComponent };

/** A Secret that the operator made: the entries that it reads, base64. */
export type KeptSecret = Owned<ObservedSecret> & {
  readonly streamKey?: string | undefined;
  readonly flvToken?: string | undefined;
  /** Not base64: as `transcodeIn` reads it. */
  readonly transcode?: string | undefined;
};

/** What a ResourceQuota has left, by `quota/resource`. */
export interface KeptQuota extends Kept {
  readonly room: Room;
}

/** A LiveStream without what others wrote into its metadata. */
export interface KeptStream extends Kept {
  readonly resource: LiveStream;
}

export function keptOf({ metadata }: KubeObject): Kept {
  return { namespace: metadata.namespace!, name: metadata.name, resourceVersion: metadata.resourceVersion! };
}

/** As the API gives it, which has checked it and filled in its defaults. */
export function keepStream(object: KubeObject): KeptStream {
  // A definition that is older than this operator, and not of its release, fills in no status.
  const { spec, status = UNOBSERVED_STATUS } = object as KubeObject & Pick<LiveStream, 'spec'> & Partial<LiveStream>;
  const {
    name,
    namespace = '',
    uid,
    resourceVersion,
    generation,
    creationTimestamp,
    deletionTimestamp,
  } = object.metadata;
  const metadata = {
    name,
    namespace,
    resourceVersion,
    ...(uid === undefined ? {} : { uid }),
    ...(generation === undefined ? {} : { generation }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
  };
  const resource = {
    apiVersion: API_VERSION,
    kind: 'LiveStream',
    metadata,
    spec,
    status,
  } as LiveStream;
  return { ...keptOf(object), resource };
}

const streamOf = ({ metadata }: KubeObject) => metadata.labels?.[liveStreamKind.nameLabel] ?? '';

/** `desired`: the manifest that the object should be like. */
export function keepObject(object: KubeObject, desired: Manifest | undefined): KeptObject {
  return { ...keptOf(object), stream: streamOf(object), ...observeObject(object, desired) };
}

export function keepDeployment(object: DeploymentObject, desired: Manifest | undefined): KeptDeployment {
  return { ...keptOf(object), stream: streamOf(object), ...observeDeployment(object, desired) };
}

export function keepSecret(object: SecretObject): KeptSecret {
  const { streamKey, flvToken, [CONFIG_ENTRIES.stream]: stream } = object.data ?? {};
  const transcode = transcodeIn(stream && Buffer.from(stream, 'base64').toString());
  return {
    ...keptOf(object),
    stream: streamOf(object),
    ...observeSecret(object),
    ...(streamKey === undefined ? {} : { streamKey }),
    ...(flvToken === undefined ? {} : { flvToken }),
    ...(transcode === undefined ? {} : { transcode }),
  };
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

export function keepPod(object: PodObject): KeptPod {
  const component = object.metadata.labels?.[COMPONENT] as StreamComponent;
  return { ...keptOf(object), stream: streamOf(object), component, ...observePod(object) };
}
