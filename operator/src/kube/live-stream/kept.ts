import { API_VERSION, type LiveStream, type StreamComponent, UNOBSERVED_STATUS } from '@showrunner/crds';
import { KUBE, type KubeObject } from '@showrunner/service-kit/kube';
import {
  CONFIG_ENTRIES,
  type ObservedPod,
  type ObservedSecret,
  type PodObject,
  type SecretObject,
  liveStreamKind,
  observePod,
  observeSecret,
  transcodeIn,
  withoutLongAffinity,
} from '../../decide/index.ts';
import { CONDITIONS } from '../../decide/live-stream/reasons.ts';
import { COMPONENT } from '../../decide/objects/labels.ts';
import type { TakenName } from '../carry-out.ts';
import { type KeptObject, type Owned, keepDeployment, keepObject, keptOf, ownedOf } from '../kept.ts';
import type { Kept } from '../object-table.ts';
import { FIELD_MANAGER } from '../writer.ts';

const { nameLabel } = liveStreamKind;

export type KeptPod = Owned<ObservedPod> & { readonly component: StreamComponent };

/** A Secret that the operator made: the entries that it reads, base64. */
export type KeptSecret = Owned<ObservedSecret> & {
  readonly streamKey?: string | undefined;
  readonly flvToken?: string | undefined;
  /** Not base64: as `transcodeIn` reads it. */
  readonly transcode?: string | undefined;
};

/** A LiveStream without what others wrote into its metadata, and without an affinity that is too long. */
export interface KeptStream extends Kept {
  readonly resource: LiveStream;
}

/** What a manager has set, as the API says it: items of a list of conditions stand by their key, as `k:{"type":"Ready"}`. */
interface ManagedFields {
  readonly manager?: string;
  readonly fieldsV1?: { readonly 'f:status'?: { readonly 'f:conditions'?: object } };
}

/** Without conditions that others added. One that we do not know may be of another release of the operator, and is ours to take away. */
function withOwnConditions(
  status: LiveStream['status'],
  managedFields: readonly ManagedFields[],
): LiveStream['status'] {
  if (!status.conditions) return status;
  const ours = managedFields
    .filter(({ manager }) => manager === FIELD_MANAGER)
    .map(({ fieldsV1 }) => fieldsV1?.['f:status']?.['f:conditions'] ?? {});
  const isOurs = (type: string) => type in CONDITIONS || ours.some((set) => `k:${JSON.stringify({ type })}` in set);
  return { ...status, conditions: status.conditions.filter(({ type }) => isOurs(type)) };
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
    managedFields = [],
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
    spec: withoutLongAffinity(spec),
    status: withOwnConditions(status, managedFields),
  } as LiveStream;
  return { ...keptOf(object), resource };
}

export function keepSecret(object: SecretObject): KeptSecret {
  const { streamKey, flvToken, [CONFIG_ENTRIES.stream]: stream } = object.data ?? {};
  const transcode = transcodeIn(stream && Buffer.from(stream, 'base64').toString());
  return {
    ...ownedOf(object, nameLabel),
    ...observeSecret(object),
    ...(streamKey === undefined ? {} : { streamKey }),
    ...(flvToken === undefined ? {} : { flvToken }),
    ...(transcode === undefined ? {} : { transcode }),
  };
}

export function keepPod(object: PodObject): KeptPod {
  const component = object.metadata.labels?.[COMPONENT] as StreamComponent;
  return { ...ownedOf(object, nameLabel), component, ...observePod(object) };
}

/** Somebody else's object that has the name of one of a stream's own. */
export function keepStranger({ resource }: TakenName, object: KubeObject): KeptObject {
  switch (resource.kind) {
    case KUBE.secrets.kind:
      return keepSecret(object);
    case KUBE.deployments.kind:
      return keepDeployment(object, nameLabel, undefined);
    default:
      return keepObject(object, nameLabel, undefined);
  }
}
