import type { Logger } from '../logger.ts';
import { notFound, parseStored, plain, readable, valid } from '../seams/resource-borders.ts';
import { KIND_RULES } from '../seams/resource-kinds.ts';
import {
  ConflictError,
  ExpiredError,
  type Identity,
  InvalidResourceError,
  type Kind,
  type KindWithStatus,
  type Kinds,
  NotFoundError,
  type ResourceKey,
  type ResourceStore,
  type StatusOf,
  type WatchEvent,
} from '../seams/resource-store.ts';
import type { KubeClient, KubeObject, KubeResource } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { KUBE } from './kube-resources.ts';
import { merged } from './merged.ts';
import { mergePatch } from './merge-patch.ts';
import { type ObjectEvent, persistentWatch } from './persistent-watch.ts';
import { refusedFields } from './refused-fields.ts';
import { changeOf, creationOf, identityOf, withoutManagedFields } from './stored-object.ts';

export interface KubeResourceStoreOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  /** What this store knows of; all namespaces where absent or empty. */
  readonly namespaces?: readonly string[];
}

const RESOURCES: { readonly [K in Kind]: KubeResource } = { LiveStream: KUBE.liveStreams, Secret: KUBE.secrets };
const EVENT_TYPES = { ADDED: 'added', MODIFIED: 'modified' } as const;
/** A version of the API server; 0 and none would mean "begin anywhere". */
const VERSION = /^[1-9][0-9]{0,19}$/;
/** How often a write is tried anew when somebody else wrote at the same moment. */
const MAX_ATTEMPTS = 5;

/**
 * Resources in the Kubernetes API. What is stored and breaks a rule of this version, because another one wrote it, is told
 * of as unreadable and logged once; it cannot be read, but applied anew. Fields that this version does not know stay.
 *
 * With several namespaces, each has a list and a watch of its own. The version of a list then holds one for each of them;
 * that of a single object does not say how far the others were followed, and `watch` takes it for forgotten.
 */
export class KubeResourceStore implements ResourceStore {
  readonly #client: KubeClient;
  readonly #logger: Logger;
  readonly #namespaces: readonly string[];
  /** By uid, the rule that the log says an object breaks. */
  readonly #logged = new Map<string | undefined, string>();

  constructor({ client, logger, namespaces = [] }: KubeResourceStoreOptions) {
    this.#client = client;
    this.#logger = logger;
    this.#namespaces = [...new Set(namespaces)].sort();
  }

  async get<K extends Kind>(kind: K, key: ResourceKey): Promise<Kinds[K] | undefined> {
    const stored = await this.#stored(kind, key);
    return stored && readable(kind, stored);
  }

  /** `unreadable` names what was left out. */
  async list<K extends Kind>(
    kind: K,
    namespace?: string,
  ): Promise<{ items: Kinds[K][]; unreadable: Identity[]; resourceVersion: string }> {
    const items: Kinds[K][] = [];
    const unreadable: Identity[] = [];
    const versions: string[] = [];
    for (const scope of this.#scopes(namespace)) {
      let version = '';
      for await (const page of this.#client.pages(RESOURCES[kind], { namespace: scope })) {
        ({ resourceVersion: version } = page);
        for (const stored of page.items) {
          const object = this.#parsed(kind, stored);
          if (object) items.push(object);
          else unreadable.push(identity(stored));
        }
      }
      versions.push(version);
    }
    return { items: items.sort(byName), unreadable, resourceVersion: versions.join('.') };
  }

  async *watch<K extends Kind>(
    kind: K,
    { from, signal }: { from: string; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<K>, void, void> {
    const scopes = this.#scopes();
    const versions = from.split('.');
    if (versions.length !== scopes.length || !versions.every((version) => VERSION.test(version))) {
      throw new ExpiredError(`Version ${from} is not one that this store has given for a list: list again.`);
    }
    const stop = new AbortController();
    const abort = () => stop.abort();
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      const watches = scopes.map((namespace, at) =>
        persistentWatch<KubeObject>(this.#client, RESOURCES[kind], {
          namespace,
          from: versions[at] ?? '',
          signal: stop.signal,
          logger: this.#logger,
        }),
      );
      for await (const event of watches.length === 1 && watches[0] ? watches[0] : merged(watches)) {
        const change = this.#change(kind, event);
        if (change) yield change;
        if (signal.aborted) return;
      }
    } finally {
      signal.removeEventListener('abort', abort);
      abort();
    }
  }

  async apply<K extends Kind>(kind: K, input: unknown): Promise<Kinds[K]> {
    const wanted = valid(KIND_RULES[kind].parse(plain(input)));
    const { namespace, name, resourceVersion } = wanted.metadata;
    if (!this.#knows(namespace)) {
      throw new InvalidResourceError([
        `metadata.namespace: "${namespace}" is not allowed: choose one of ${this.#namespaces.join(', ')}.`,
      ]);
    }
    const resource = RESOURCES[kind];
    return this.#write(kind, { namespace, name }, resourceVersion, (stored) => {
      if (!stored) return this.#client.create(resource, creationOf(wanted), namespace);
      const change = changeOf(kind, stored, wanted);
      return change && this.#client.merge(resource, name, namespace, atVersionOf(stored, change));
    });
  }

  async patchStatus<K extends KindWithStatus>(
    kind: K,
    key: ResourceKey,
    status: StatusOf<K>,
    { resourceVersion }: { resourceVersion?: string } = {},
  ): Promise<Kinds[K]> {
    const { parseStatus } = KIND_RULES[kind];
    if (!parseStatus) throw new TypeError(`A ${kind} has no status.`);
    const wanted = valid(parseStatus(plain(status)));
    return this.#write(kind, key, resourceVersion, (stored) => {
      if (!stored) throw notFound(kind, key);
      const current = (parseStored(kind, stored).object ?? stored) as { status?: unknown };
      const change = mergePatch({ status: current.status }, { status: wanted }) as object | undefined;
      const { namespace, name } = key;
      return change && this.#client.merge(RESOURCES[kind], name, namespace, atVersionOf(stored, change), 'status');
    });
  }

  async delete(kind: Kind, key: ResourceKey): Promise<void> {
    if (!this.#knows(key.namespace)) throw notFound(kind, key);
    try {
      await this.#client.delete(RESOURCES[kind], key.name, key.namespace);
    } catch (error) {
      throw isAnswer(error, 404) ? notFound(kind, key) : error;
    }
  }

  /** The namespaces to ask, one request each; undefined stands for all at once. */
  #scopes(namespace?: string): readonly (string | undefined)[] {
    if (namespace !== undefined) return this.#knows(namespace) ? [namespace] : [];
    return this.#namespaces.length > 0 ? this.#namespaces : [undefined];
  }

  #knows(namespace: string): boolean {
    return this.#namespaces.length === 0 || this.#namespaces.includes(namespace);
  }

  async #stored(kind: Kind, { namespace, name }: ResourceKey): Promise<KubeObject | undefined> {
    if (!this.#knows(namespace)) return undefined;
    try {
      return withoutManagedFields(await this.#client.get(RESOURCES[kind], name, namespace));
    } catch (error) {
      if (isAnswer(error, 404)) return undefined;
      throw error;
    }
  }

  /** Carries out what `write` does with the object as it is now; nothing where it gives undefined. */
  async #write<K extends Kind>(
    kind: K,
    key: ResourceKey,
    expectedVersion: string | undefined,
    write: (stored: KubeObject | undefined) => Promise<KubeObject> | undefined,
  ): Promise<Kinds[K]> {
    for (let attempt = 1; ; attempt += 1) {
      const stored = await this.#stored(kind, key);
      const version = stored?.metadata.resourceVersion;
      if (expectedVersion !== undefined && expectedVersion !== version) {
        throw conflict(kind, key, expectedVersion, version);
      }
      try {
        const written = (await write(stored)) ?? stored;
        if (!written) throw notFound(kind, key);
        return readable(kind, withoutManagedFields(written));
      } catch (error) {
        // Created, changed or deleted by somebody else since it was read.
        const isRace = isAnswer(error, 409) || (stored !== undefined && isAnswer(error, 404));
        if (isRace && expectedVersion === undefined && attempt < MAX_ATTEMPTS) continue;
        if (isRace) throw conflict(kind, key, version, undefined);
        if (isAnswer(error, 404)) throw new NotFoundError(`There is no namespace ${key.namespace}.`);
        if (isAnswer(error, 422)) throw new InvalidResourceError(refusedFields(error, kind === 'Secret'));
        throw error;
      }
    }
  }

  #change<K extends Kind>(kind: K, { type, object: stored }: ObjectEvent<KubeObject>): WatchEvent<K> | undefined {
    if (type === 'DELETED') {
      this.#logged.delete(stored.metadata.uid);
      const object = parseStored(kind, withoutManagedFields(stored)).object ?? identityOf(kind, stored);
      return object && { type: 'deleted', object };
    }
    const object = this.#parsed(kind, stored);
    if (!object) return { type: 'unreadable', identity: identity(stored) };
    return { type: EVENT_TYPES[type], object };
  }

  #parsed<K extends Kind>(kind: K, stored: KubeObject): Kinds[K] | undefined {
    const { object, broken } = parseStored(kind, withoutManagedFields(stored));
    const { namespace, name, uid } = stored.metadata;
    if (object) this.#logged.delete(uid);
    else if (this.#logged.get(uid) !== broken) {
      this.#logged.set(uid, broken);
      this.#logger.warn(
        { kind, namespace, name, broken },
        'A stored resource breaks a rule of this version; left out.',
      );
    }
    return object;
  }
}

function identity({ metadata: { namespace = '', name, uid } }: KubeObject): Identity {
  return { namespace, name, uid };
}

/** So that nobody's write in between is undone. */
function atVersionOf({ metadata: { resourceVersion } }: KubeObject, change: { metadata?: object }): object {
  return { ...change, metadata: { ...change.metadata, resourceVersion } };
}

function byName({ metadata: a }: Kinds[Kind], { metadata: b }: Kinds[Kind]): number {
  if (a.namespace !== b.namespace) return a.namespace < b.namespace ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function isAnswer(error: unknown, code: number): error is KubeError {
  return error instanceof KubeError && error.code === code;
}

function conflict(
  kind: Kind,
  { namespace, name }: ResourceKey,
  expected: string | undefined,
  current: string | undefined,
): ConflictError {
  const meanwhile = `${kind} ${namespace}/${name} was changed meanwhile`;
  if (expected === undefined) return new ConflictError(`${meanwhile}, again and again.`);
  const now = current === undefined ? '' : `, but it is at resourceVersion ${current}`;
  return new ConflictError(`${meanwhile}: resourceVersion ${expected} was named${now}.`);
}
