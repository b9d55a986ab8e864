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
import { asForbidden, KubeError } from './kube-error.ts';
import { KUBE } from './kube-resources.ts';
import { mergePatch } from './merge-patch.ts';
import { type ObjectEvent, persistentWatch } from './persistent-watch.ts';
import { refusedFields } from './refused-fields.ts';
import { changeOf, creationOf, identityOf, withoutManagedFields } from './stored-object.ts';

export interface KubeResourceStoreOptions {
  readonly client: KubeClient;
  readonly logger: Logger;
  /** What this store knows of; all namespaces where absent. */
  readonly namespace?: string | undefined;
}

const RESOURCES: { readonly [K in Kind]: KubeResource } = { LiveStream: KUBE.liveStreams, Secret: KUBE.secrets };
const EVENT_TYPES = { ADDED: 'added', MODIFIED: 'modified' } as const;
/** A version of the API server; 0 and none would mean "begin anywhere". */
const VERSION = /^[1-9][0-9]{0,19}$/;
/** How often a write is tried anew when somebody else wrote at the same moment. */
const MAX_ATTEMPTS = 5;

/**
 * Stores whose resources are followed each by itself: one for each namespace, or a single one of all where none is named. What
 * happens to one tenant's namespace then stops nobody else's.
 */
export function kubeResourceStores({
  namespaces,
  ...options
}: Omit<KubeResourceStoreOptions, 'namespace'> & { readonly namespaces: readonly string[] }): KubeResourceStore[] {
  const scopes = namespaces.length === 0 ? [undefined] : namespaces;
  return scopes.map((namespace) => new KubeResourceStore({ ...options, namespace }));
}

/**
 * Resources in the Kubernetes API. What is stored and breaks a rule of this version, because another one wrote it, is told
 * of as unreadable and logged once; it cannot be read, but applied anew. Fields that this version does not know stay.
 * A namespace that may not be read is a ForbiddenError; where all are read at once there is none such.
 */
export class KubeResourceStore implements ResourceStore {
  readonly #client: KubeClient;
  readonly #logger: Logger;
  readonly namespace: string | undefined;
  /** By uid, the rule that the log says an object breaks. */
  readonly #logged = new Map<string | undefined, string>();

  constructor({ client, logger, namespace }: KubeResourceStoreOptions) {
    this.#client = client;
    this.#logger = logger;
    this.namespace = namespace;
  }

  async get<K extends Kind>(kind: K, key: ResourceKey): Promise<Kinds[K] | undefined> {
    const stored = await this.#stored(kind, key);
    return stored && readable(kind, stored);
  }

  /** `unreadable` names what was left out. */
  async list<K extends Kind>(
    kind: K,
    namespace = this.namespace,
  ): Promise<{ items: Kinds[K][]; unreadable: Identity[]; resourceVersion: string }> {
    const items: Kinds[K][] = [];
    const unreadable: Identity[] = [];
    let resourceVersion = '';
    if (!this.#knows(namespace)) return { items, unreadable, resourceVersion };
    try {
      for await (const page of this.#client.pages(RESOURCES[kind], { namespace })) {
        ({ resourceVersion } = page);
        for (const stored of page.items) {
          const object = this.#parsed(kind, stored);
          if (object) items.push(object);
          else unreadable.push(identity(stored));
        }
      }
    } catch (error) {
      throw asForbidden(error, namespace);
    }
    return { items: items.sort(byName), unreadable, resourceVersion };
  }

  async *watch<K extends Kind>(
    kind: K,
    { from, signal }: { from: string; signal: AbortSignal },
  ): AsyncGenerator<WatchEvent<K>, void, void> {
    if (!VERSION.test(from)) {
      throw new ExpiredError(`Version ${from} is not one that this store has given: list again.`);
    }
    const { namespace } = this;
    const options = { namespace, from, signal, logger: this.#logger };
    for await (const event of persistentWatch<KubeObject>(this.#client, RESOURCES[kind], options)) {
      const change = this.#change(kind, event);
      if (change) yield change;
      if (signal.aborted) return;
    }
  }

  async apply<K extends Kind>(kind: K, input: unknown): Promise<Kinds[K]> {
    const wanted = valid(KIND_RULES[kind].parse(plain(input)));
    const { namespace, name, resourceVersion } = wanted.metadata;
    if (!this.#knows(namespace)) {
      throw new InvalidResourceError([
        `metadata.namespace: "${namespace}" is not allowed: it must be ${this.namespace}.`,
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

  #knows(namespace: string | undefined): boolean {
    return this.namespace === undefined || namespace === this.namespace;
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
