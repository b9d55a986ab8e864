import type { LiveStream } from '@showrunner/crds';
import { KUBE, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';
import {
  type FollowedShow,
  type ObservedLiveStream,
  configName,
  keySecretOf,
  makeStreamKey,
} from '../../decide/index.ts';
import type { WriteMemory } from '../carry-out.ts';
import type { KeptObject } from '../kept.ts';
import type { NamespaceLook } from '../namespace-look.ts';
import { NO_ENTRIES } from '../small-map.ts';
import type { StrangerMemory } from '../strangers.ts';
import type { ReadKey } from './key-secret.ts';

/** What a leader knows of one LiveStream beside what the cluster keeps. It begins with nothing. */
export interface StreamMemory extends WriteMemory, StrangerMemory<KeptObject> {
  readonly uid: string | undefined;
  followed?: FollowedShow | undefined;
  /** When its pods were last asked, epoch ms. */
  followedAt?: number | undefined;
  /** Epoch ms. */
  knockedAt?: number | undefined;
  /** Since when a quota has refused it a pod without interruption, epoch ms. */
  lackingSince?: number | undefined;
  readKey?: ReadKey | undefined;
  namespace?: NamespaceLook | undefined;
  /** Offered to every decision until one of them is used: a decision that differed each time would never be done. */
  fresh: ObservedLiveStream['fresh'];
}

export function newStreamMemory(uid: string | undefined): StreamMemory {
  const fresh = { streamKey: makeStreamKey(), flvToken: makeStreamKey() };
  return { uid, fresh, refusals: NO_ENTRIES, taken: NO_ENTRIES, strangers: NO_ENTRIES };
}

/** No key is given out twice: who deletes the Secret wants another. */
export function renewFresh(
  memory: StreamMemory,
  stream: LiveStream,
  written: { readonly resource: KubeResource; readonly object: KubeObject },
): void {
  if (written.resource.kind !== KUBE.secrets.kind) return;
  const { name } = written.object.metadata;
  if (name === keySecretOf(stream).name) memory.fresh = { ...memory.fresh, streamKey: makeStreamKey() };
  if (name === configName(stream.metadata.name)) memory.fresh = { ...memory.fresh, flvToken: makeStreamKey() };
}
