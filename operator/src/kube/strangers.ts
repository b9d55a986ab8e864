import { KubeError, type KubeClient, type KubeObject } from '@showrunner/service-kit/kube';
import { MANAGED_BY, MANAGER } from '../decide/objects/labels.ts';
import type { TakenName, WriteMemory } from './carry-out.ts';
import { withEntry, withoutEntry } from './small-map.ts';

/** Somebody else's object that has the name of one of a resource's own. */
export interface Stranger<O> {
  readonly object: O;
  /** When it was looked at, epoch ms. */
  readonly at: number;
}

/** What is known of strangers, by the object's name as in a refusal. */
export interface StrangerMemory<O> extends Pick<WriteMemory, 'taken'> {
  strangers: ReadonlyMap<string, Stranger<O>>;
}

/** Strangers are looked at again after this: they are not watched. */
export const STRANGER_LOOK_MS = 20_000;
const NOT_FOUND = 404;

/**
 * Looks at the objects whose names were taken when ours were to be made, and again from time to time whether they are still there.
 * What turns out to be ours is handed to `absorb`: the watch has not brought it yet.
 */
export async function lookAtStrangers<O>(
  memory: StrangerMemory<O>,
  {
    client,
    nameLabel,
    keep,
    absorb,
    now,
  }: {
    client: KubeClient;
    /** Ours have it (`ResourceKind.nameLabel`). */
    nameLabel: string;
    keep: (taken: TakenName, object: KubeObject) => O;
    absorb: (taken: TakenName, object: KubeObject) => void;
    now: number;
  },
): Promise<void> {
  for (const [id, name] of memory.taken) {
    const known = memory.strangers.get(id);
    if (known && now - known.at < STRANGER_LOOK_MS) continue;
    memory.strangers = withoutEntry(memory.strangers, id);
    const object = await client.get<KubeObject>(name.resource, name.name, name.namespace).catch((error: unknown) => {
      if (!(error instanceof KubeError && error.code === NOT_FOUND)) throw error;
      return undefined;
    });
    const { labels } = object?.metadata ?? {};
    if (object && !(labels?.[MANAGED_BY] === MANAGER && labels[nameLabel] !== undefined)) {
      memory.strangers = withEntry(memory.strangers, id, { object: keep(name, object), at: now });
      continue;
    }
    memory.taken = withoutEntry(memory.taken, id);
    if (object) absorb(name, object);
  }
}
