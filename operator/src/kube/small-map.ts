/**
 * Maps that nearly always hold nothing, of which each resource has several: ten thousand resources share one while they do, since an
 * empty map takes 200 bytes.
 */
export const NO_ENTRIES: ReadonlyMap<string, never> = new Map<string, never>();

/** With one entry more, or another, as the last. */
export function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(withoutEntry(map, key)).set(key, value);
}

export function withoutEntry<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  if (!map.has(key)) return map;
  const rest = new Map(map);
  rest.delete(key);
  return rest.size > 0 ? rest : NO_ENTRIES;
}
