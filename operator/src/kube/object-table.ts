import { isLater } from './resource-version.ts';

/** What every object has of which a part is kept. */
export interface Kept {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
}

/** An object was added or changed (`after`), or is gone. */
export interface Change<K> {
  readonly before: K | undefined;
  readonly after: K | undefined;
}

/**
 * Objects of one kind by namespace and name, and by the group that they belong to. The later version always wins, whatever
 * order versions come in.
 */
export class ObjectTable<K extends Kept> {
  readonly #objects = new Map<string, K>();
  readonly #groups = new Map<string, K[]>();
  readonly #groupOf: (object: K) => string | undefined;

  constructor(groupOf: (object: K) => string | undefined = () => undefined) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(namespace: string, name: string): K | undefined {
    return this.#objects.get(`${namespace}/${name}`);
  }

  group(group: string): readonly K[] {
    return this.#groups.get(group) ?? [];
  }

  values(): IterableIterator<K> {
    return this.#objects.values();
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  /** Undefined where this version, or a later one, is known already. */
  set(object: K): Change<K> | undefined {
    // A template would keep its parts beside the whole.
    const key = [object.namespace, object.name].join('/');
    const before = this.#objects.get(key);
    if (before && !isLater(object.resourceVersion, before.resourceVersion)) return undefined;
    this.#leaveGroup(before);
    this.#objects.set(key, object);
    const group = this.#groupOf(object);
    if (group !== undefined) this.#groups.set(group, [...this.group(group), object]);
    return { before, after: object };
  }

  /** Takes an object away that was seen to be gone at a version; one made since then stays. */
  delete(key: string, at: string): Change<K> | undefined {
    const before = this.#objects.get(key);
    if (!before || isLater(before.resourceVersion, at)) return undefined;
    this.#leaveGroup(before);
    this.#objects.delete(key);
    return { before, after: undefined };
  }

  #leaveGroup(object: K | undefined): void {
    const group = object && this.#groupOf(object);
    if (group === undefined) return;
    const rest = this.group(group).filter((other) => other !== object);
    if (rest.length > 0) this.#groups.set(group, rest);
    else this.#groups.delete(group);
  }
}
