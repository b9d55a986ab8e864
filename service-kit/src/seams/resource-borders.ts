import { type Parsed, pathText } from '@showrunner/crds';
import { KIND_RULES } from './resource-kinds.ts';
import { InvalidResourceError, type Kind, type Kinds, NotFoundError, type ResourceKey } from './resource-store.ts';

/** What a store does with everything that comes into it and goes out of it. */

/** The value as JSON holds it, and nothing of it shared with the caller. */
export function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** What was parsed. Throws InvalidResourceError. */
export function valid<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new InvalidResourceError(parsed.problems);
  return parsed.value;
}

/** Something stored, with the defaults of today; undefined where it breaks a rule of today, `broken` then says which field. */
export function parseStored<K extends Kind>(
  kind: K,
  stored: unknown,
): { readonly object: Kinds[K] | undefined; readonly broken: string } {
  const { data, error } = KIND_RULES[kind].schema.safeParse(stored);
  return { object: data, broken: pathText(error?.issues[0]?.path ?? []) };
}

/** Something stored, with the defaults of today. Throws where today's rules refuse it. */
export function readable<K extends Kind>(kind: K, stored: { readonly metadata: Partial<ResourceKey> }): Kinds[K] {
  const { object, broken } = parseStored(kind, stored);
  if (object) return object;
  const { namespace, name } = stored.metadata;
  throw new Error(`The stored ${kind} ${namespace}/${name} breaks a rule of this version (${broken}): apply it anew.`);
}

export function notFound(kind: Kind, { namespace, name }: ResourceKey): NotFoundError {
  return new NotFoundError(`There is no ${kind} ${namespace}/${name}.`);
}
