import { randomUUID } from 'node:crypto';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import type { ObjectMeta } from '@showrunner/crds';
import { ChangeSignal } from './change-signal.ts';
import { notFound, parseStored, plain, readable, valid } from './resource-borders.ts';
import { KIND_RULES } from './resource-kinds.ts';
import {
  type Change,
  ConflictError,
  ExpiredError,
  type Kind,
  type KindWithStatus,
  type Kinds,
  type ResourceKey,
  type ResourceStore,
  type StatusOf,
} from './resource-store.ts';
import { openSqliteFile } from './sqlite-file.ts';

export interface SqliteResourceStoreOptions {
  /** Of the file, made with its folder where there is none and readable by its owner alone. */
  readonly path: string;
  /** What this store keeps. Secrets belong into a store, and so a file, of their own. */
  readonly kinds: readonly Kind[];
  /** Milliseconds since 1970, for `creationTimestamp`. */
  readonly now?: () => number;
  /** How many changes `watch` can look back on. */
  readonly rememberChanges?: number;
}

const REMEMBER_CHANGES = 1_000;
/** A watcher reads this many changes at a time, so that a slow one holds no more than that. */
const WATCH_BATCH = 64;

type ChangeType = Change<Kind>['type'];

/** Metadata that the store writes and nobody else. */
type OwnedMetadata = Pick<ObjectMeta, 'uid' | 'resourceVersion' | 'generation' | 'creationTimestamp'>;

/**
 * Resources in an SQLite file. Several processes may share it: a watcher hears of this process's writes at once and
 * of others' within 300 ms. Every write gets the next number as its resourceVersion.
 */
export class SqliteResourceStore implements ResourceStore {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #changed: ChangeSignal;
  readonly #kinds: ReadonlySet<Kind>;
  readonly #now: () => number;
  readonly #rememberChanges: number;
  #closed = false;

  constructor({ path, kinds, now = Date.now, rememberChanges = REMEMBER_CHANGES }: SqliteResourceStoreOptions) {
    this.#database = openSqliteFile(path);
    this.#statements = prepareStatements(this.#database);
    this.#changed = new ChangeSignal(() => Number(this.#statements.dataVersion.get()?.['data_version']));
    this.#kinds = new Set(kinds);
    this.#now = now;
    this.#rememberChanges = rememberChanges;
  }

  async get<K extends Kind>(kind: K, key: ResourceKey): Promise<Kinds[K] | undefined> {
    this.#assertOpen(kind);
    const text = this.#storedText(kind, key);
    return text === undefined ? undefined : fromText(kind, text);
  }

  async list<K extends Kind>(kind: K, namespace?: string): Promise<{ items: Kinds[K][]; resourceVersion: string }> {
    this.#assertOpen(kind);
    return this.#transaction('DEFERRED', () => {
      const rows =
        namespace === undefined ? this.#statements.list.all(kind) : this.#statements.listIn.all(kind, namespace);
      return { items: rows.map((row) => fromText(kind, row['object'])), resourceVersion: String(this.#version()) };
    });
  }

  async *watch<K extends Kind>(
    kind: K,
    { from, signal }: { from: string; signal: AbortSignal },
  ): AsyncGenerator<Change<K>, void, void> {
    this.#assertOpen(kind);
    let position = from;
    while (!signal.aborted && !this.#closed) {
      const { events, position: next } = this.#changesAfter(kind, position);
      for (const event of events) {
        yield event;
        if (signal.aborted || this.#closed) return;
      }
      position = next;
      // Nothing can be written here between the reading and the waiting; while events were yielded it could.
      if (events.length === 0) await this.#changed.wait(signal);
    }
  }

  async apply<K extends Kind>(kind: K, input: unknown): Promise<Kinds[K]> {
    this.#assertOpen(kind);
    const rules = KIND_RULES[kind];
    const wanted = valid(rules.parse(plain(input)));
    return this.#write(kind, wanted.metadata, wanted.metadata.resourceVersion, (current) => {
      if (!current) {
        const creationTimestamp = new Date(this.#now()).toISOString();
        return withMetadata(wanted, { uid: randomUUID(), generation: 1, creationTimestamp });
      }
      const { uid, resourceVersion, generation = 1, creationTimestamp } = current.metadata;
      const status = 'status' in current ? { status: current.status } : {};
      const changed = !isDeepStrictEqual(rules.desired(wanted), rules.desired(current));
      return withMetadata(
        { ...wanted, ...status },
        { uid, resourceVersion, generation: generation + (changed ? 1 : 0), creationTimestamp },
      );
    });
  }

  async patchStatus<K extends KindWithStatus>(
    kind: K,
    key: ResourceKey,
    status: StatusOf<K>,
    { resourceVersion }: { resourceVersion?: string } = {},
  ): Promise<Kinds[K]> {
    this.#assertOpen(kind);
    const parseStatus = KIND_RULES[kind].parseStatus;
    if (!parseStatus) throw new TypeError(`A ${kind} has no status.`);
    const wanted = valid(parseStatus(plain(status)));
    return this.#write(kind, key, resourceVersion, (current) => {
      if (!current) throw notFound(kind, key);
      return { ...current, status: wanted };
    });
  }

  async delete(kind: Kind, key: ResourceKey): Promise<void> {
    this.#assertOpen(kind);
    this.#transaction('IMMEDIATE', () => {
      const current = this.#current(kind, key);
      if (!current) throw notFound(kind, key);
      this.#record('deleted', kind, current);
      this.#statements.remove.run(kind, key.namespace, key.name);
    });
    this.#changed.notify();
  }

  /** Ends every watch and closes the file. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#changed.close();
    this.#database.close();
  }

  #assertOpen(kind: Kind): void {
    if (this.#closed) throw new Error('The resource store is closed.');
    if (!this.#kinds.has(kind)) throw new TypeError(`This resource store does not keep the kind ${kind}.`);
  }

  /** Stores what `next` makes of the current object, unless that is the same. */
  #write<K extends Kind>(
    kind: K,
    key: ResourceKey,
    expectedVersion: string | undefined,
    next: (current: Kinds[K] | undefined) => Kinds[K],
  ): Kinds[K] {
    const written = this.#transaction('IMMEDIATE', () => {
      const current = this.#current(kind, key);
      const version = current?.metadata.resourceVersion;
      if (expectedVersion !== undefined && expectedVersion !== version) {
        const now = version === undefined ? 'gone' : `at resourceVersion ${version}`;
        throw new ConflictError(
          `${kind} ${key.namespace}/${key.name} was changed meanwhile: resourceVersion ${expectedVersion} was named, but it is ${now}.`,
        );
      }
      const object = next(current);
      if (current && isDeepStrictEqual(object, current)) return object;
      const { object: stored, text } = this.#record(current ? 'modified' : 'added', kind, object);
      this.#statements.put.run(kind, key.namespace, key.name, text);
      return stored;
    });
    this.#changed.notify();
    return written;
  }

  /** Adds a change, which gives the object its next resourceVersion, and forgets the oldest ones. */
  #record<K extends Kind>(type: ChangeType, kind: K, object: Kinds[K]): { object: Kinds[K]; text: string } {
    const version = this.#version() + 1;
    const stored = withMetadata(object, { ...object.metadata, resourceVersion: String(version) });
    const text = JSON.stringify(stored);
    this.#statements.addChange.run(version, type, kind, text);
    this.#statements.forgetChanges.run(version - this.#rememberChanges);
    return { object: stored, text };
  }

  /** Changes of a kind after a version, one batch of them, and the version up to which that looks. */
  #changesAfter<K extends Kind>(kind: K, from: string): { events: Change<K>[]; position: string } {
    return this.#transaction('DEFERRED', () => {
      const latest = this.#version();
      const oldest = Number(this.#statements.oldestChange.get()?.['version'] ?? 1);
      const after = /^\d{1,15}$/.test(from) ? Number(from) : -1;
      if (after < oldest - 1 || after > latest) {
        throw new ExpiredError(`Changes after version ${from} are not remembered: list again.`);
      }
      const rows = this.#statements.changesAfter.all(kind, after, WATCH_BATCH);
      const events = rows.map(({ type, object }): Change<K> => {
        return { type: type as ChangeType, object: fromText(kind, object) };
      });
      const last = rows.length < WATCH_BATCH ? latest : Number(rows.at(-1)?.['version']);
      return { events, position: String(last) };
    });
  }

  /** As it stands, even where an earlier version stored what today's rules refuse, so that it can be mended. */
  #current<K extends Kind>(kind: K, key: ResourceKey): Kinds[K] | undefined {
    const text = this.#storedText(kind, key);
    if (text === undefined) return undefined;
    const stored = JSON.parse(text) as Kinds[K];
    return parseStored(kind, stored).object ?? stored;
  }

  #storedText(kind: Kind, { namespace, name }: ResourceKey): string | undefined {
    return this.#statements.get.get(kind, namespace, name)?.['object'] as string | undefined;
  }

  #version(): number {
    return Number(this.#statements.latestVersion.get()?.['version'] ?? 0);
  }

  #transaction<T>(mode: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
    this.#database.exec(`BEGIN ${mode}`);
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const resources = 'SELECT object FROM resources WHERE kind = ?';
  return {
    get: database.prepare(`${resources} AND namespace = ? AND name = ?`),
    list: database.prepare(`${resources} ORDER BY namespace, name`),
    listIn: database.prepare(`${resources} AND namespace = ? ORDER BY name`),
    put: database.prepare('INSERT OR REPLACE INTO resources (kind, namespace, name, object) VALUES (?, ?, ?, ?)'),
    remove: database.prepare('DELETE FROM resources WHERE kind = ? AND namespace = ? AND name = ?'),
    addChange: database.prepare('INSERT INTO changes (version, type, kind, object) VALUES (?, ?, ?, ?)'),
    forgetChanges: database.prepare('DELETE FROM changes WHERE version <= ?'),
    changesAfter: database.prepare(
      'SELECT version, type, object FROM changes WHERE kind = ? AND version > ? ORDER BY version LIMIT ?',
    ),
    oldestChange: database.prepare('SELECT min(version) AS version FROM changes'),
    latestVersion: database.prepare("SELECT seq AS version FROM sqlite_sequence WHERE name = 'changes'"),
    dataVersion: database.prepare('PRAGMA data_version'),
  };
}

/** A stored object with the defaults of today. Throws where today's rules refuse it. */
function fromText<K extends Kind>(kind: K, text: SQLOutputValue | undefined): Kinds[K] {
  return readable(kind, JSON.parse(String(text)) as Kinds[K]);
}

/** The object with these as the metadata that only the store writes. */
function withMetadata<T extends { metadata: ObjectMeta }>(object: T, owned: OwnedMetadata): T {
  const {
    uid: _uid,
    resourceVersion: _version,
    generation: _generation,
    creationTimestamp: _created,
    ...rest
  } = object.metadata;
  return plain({ ...object, metadata: { ...rest, ...owned } }) as T;
}
