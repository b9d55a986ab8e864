import type { ObjectMeta } from '@showrunner/crds';
import { parseStored } from '../seams/resource-borders.ts';
import type { Kind, Kinds } from '../seams/resource-store.ts';
import type { KubeObject } from './kube-client.ts';
import { mergePatch } from './merge-patch.ts';

/** Metadata that the API server writes and nobody else. */
const OWNED = [
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
];
/** Metadata that a resource without it is to lose. Other kinds, such as finalizers, are left alone where none are named. */
const REPLACED = ['labels', 'annotations'];

/** Without who wrote which field, which is half of an object and which nobody here reads. The object itself, changed. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  delete (object.metadata as { managedFields?: unknown }).managedFields;
  return object;
}

/** A resource as it is to be created. */
export function creationOf(wanted: Kinds[Kind]): object {
  return { ...wanted, metadata: withoutOwned(wanted.metadata) };
}

/** The merge patch that gives a stored object all of the wanted one but its status; undefined where it has that. */
export function changeOf<K extends Kind>(kind: K, stored: KubeObject, wanted: Kinds[K]): object | undefined {
  // As it stands, even where today's rules refuse it, so that it can be mended.
  const current = parseStored(kind, stored).object ?? stored;
  const { metadata, ...content } = withoutStatus(wanted);
  const named = withoutOwned(metadata);
  const replaced = Object.fromEntries(REPLACED.map((name) => [name, {}]));
  const before = Object.fromEntries(
    Object.entries(stored.metadata).filter(([name]) => name in named || REPLACED.includes(name)),
  );
  const { metadata: _metadata, ...contentBefore } = withoutStatus(current);
  return mergePatch(
    { metadata: { ...replaced, ...before }, ...contentBefore },
    { metadata: { ...replaced, ...named }, ...content },
  ) as object | undefined;
}

/** What is left of a deleted object that does not parse: which one it was. */
export function identityOf<K extends Kind>(
  kind: K,
  { apiVersion, kind: name, metadata }: KubeObject,
): Kinds[K] | undefined {
  return parseStored(kind, { apiVersion, kind: name, metadata }).object;
}

function withoutOwned(metadata: ObjectMeta): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !OWNED.includes(name)));
}

function withoutStatus<T extends { metadata: unknown }>({ status: _status, ...rest }: T & { status?: unknown }) {
  return rest;
}
