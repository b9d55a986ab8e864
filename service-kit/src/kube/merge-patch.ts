import { isDeepStrictEqual } from 'node:util';

/**
 * The JSON merge patch (RFC 7396) that makes `to` of `from`, both JSON values without nulls; undefined where they are the
 * same. What `from` does not name, since it is not known here, stays as it is.
 */
export function mergePatch(from: unknown, to: unknown): unknown {
  if (!isObject(from) || !isObject(to)) return isDeepStrictEqual(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const name of Object.keys(from)) if (to[name] === undefined) patch[name] = null;
  for (const [name, value] of Object.entries(to)) {
    const part = value === undefined ? undefined : mergePatch(from[name], value);
    if (part !== undefined) patch[name] = part;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
