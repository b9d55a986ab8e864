import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { LiveStream, LiveStreamStatus, Secret } from '@showrunner/crds';
import { hashStreamKey } from '@showrunner/ingest';
import {
  ConflictError,
  NotFoundError,
  streamId,
  type FlvSource,
  type Kind,
  type Kinds,
  type Logger,
  type ResourceStore,
  type StreamRef,
} from '@showrunner/service-kit';
import { decideKeys } from './decide-keys.ts';
import { decideStatus, type Urls } from './decide-status.ts';
import { KeyHolders } from './key-holders.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { ShowObserver } from './show-observer.ts';
import { isLeftOver, keyIn, keySecretOf, makeStreamKey, newKeySecret, ownerOf } from './stream-key.ts';

/** What carries LiveStreams out. */
export interface StreamHost {
  setStream(stream: LiveStream): void;
  removeStream(stream: StreamRef): void;
}

const RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Keeps every LiveStream true: its key Secret exists, its status holds the hashes of accepted keys, its phase and
 * conditions tell what goes on, and the transcoder knows its spec.
 */
export class LiveStreamController {
  readonly #resources: ResourceStore;
  readonly #secrets: ResourceStore;
  readonly #source: FlvSource;
  readonly #host: StreamHost;
  readonly #urls: Urls;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #queue: KeyedQueue;
  readonly #abort = new AbortController();
  readonly #observers = new Map<string, ShowObserver>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #keyHolders = new KeyHolders();
  /** Of each observed stream: one that was deleted and made again is another. */
  readonly #uids = new Map<string, string | undefined>();
  /** How often in a row a stream could not be dealt with. */
  readonly #failures = new Map<string, number>();
  #watches: Promise<void>[] = [];

  constructor(options: {
    resources: ResourceStore;
    secrets: ResourceStore;
    source: FlvSource;
    host: StreamHost;
    urls: Urls;
    logger: Logger;
    now?: () => number;
  }) {
    this.#resources = options.resources;
    this.#secrets = options.secrets;
    this.#source = options.source;
    this.#host = options.host;
    this.#urls = options.urls;
    this.#logger = options.logger;
    this.#now = options.now ?? Date.now;
    this.#queue = new KeyedQueue(
      (key) => this.#reconcile(key),
      (error, key) => {
        const failures = this.#failures.get(key) ?? 0;
        this.#failures.set(key, failures + 1);
        this.#logFailure(error, key);
        this.#lookAgain(key, Math.min(RETRY_MS * 2 ** failures, LAST_RETRY_MS));
      },
    );
  }

  start(): void {
    this.#watches = [
      this.#follow(this.#resources, 'LiveStream', (stream) => this.#addStream(stream)),
      this.#follow(this.#secrets, 'Secret', (secret) => this.#addStreamsOf(secret)),
    ];
  }

  /** The observer of a stream's shows, while the stream exists. */
  observer(stream: StreamRef): ShowObserver | undefined {
    return this.#observers.get(streamId(stream));
  }

  /** Every stream that has an observer, as [namespace/name, observer]. */
  get observers(): Iterable<[string, ShowObserver]> {
    return this.#observers;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all([...this.#watches, this.#queue.close()]);
    // The shows have ended by now: say so.
    for (const id of this.#observers.keys()) await this.#reconcile(id).catch((error) => this.#logFailure(error, id));
    for (const observer of this.#observers.values()) observer.close();
    this.#observers.clear();
  }

  /** Lists, then watches; lists again when the watch breaks. */
  async #follow<K extends Kind>(store: ResourceStore, kind: K, changed: (object: Kinds[K]) => void): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await store.list(kind);
        // Oldest first: of two new streams with one key the first one keeps it.
        items.sort((a, b) => creationTime(a) - creationTime(b)).forEach(changed);
        // And what was deleted since the last list.
        this.#addAll();
        for await (const event of store.watch(kind, { from: resourceVersion, signal })) changed(event.object);
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn({ err: error, kind }, 'a watch broke; listing again');
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #logFailure(error: unknown, id: string): void {
    if (error instanceof ConflictError) return; // somebody else wrote meanwhile
    this.#logger.error({ err: error, stream: id }, 'a LiveStream could not be reconciled; trying again');
  }

  #addStream(stream: LiveStream): void {
    const id = streamId(stream.metadata);
    if (!this.#keyHolders.holds(id)) {
      // After a restart the status tells who had a key first.
      const current = stream.status?.ingest?.keyHashes?.find(({ expiresAt }) => expiresAt === undefined);
      this.#keyHolders.claim(id, current?.sha256);
    }
    this.#queue.add(id);
  }

  #addStreamsOf(secret: Secret): void {
    const { namespace } = secret.metadata;
    const owner = ownerOf(secret);
    // The stream may be gone since before we started: then its Secret goes too.
    if (owner) this.#queue.add(`${namespace}/${owner.name}`);
    for (const key of this.#observers.keys()) if (key.startsWith(`${namespace}/`)) this.#queue.add(key);
  }

  async #reconcile(id: string): Promise<void> {
    const [namespace = '', name = ''] = id.split('/');
    const stream = await this.#resources.get('LiveStream', { namespace, name });
    if (!stream) return this.#forget({ namespace, name });
    if (this.#observers.has(id) && this.#uids.get(id) !== stream.metadata.uid) await this.#forget({ namespace, name });
    if (!this.#observers.has(id)) {
      const changed = () => this.#queue.add(id);
      this.#observers.set(
        id,
        new ShowObserver({ source: this.#source, stream: { namespace, name }, now: this.#now, changed }),
      );
      this.#uids.set(id, stream.metadata.uid);
    }
    // Whoever carries streams out is closed before the controller.
    if (!this.#abort.signal.aborted) this.#host.setStream(stream);
    const keys = decideKeys(stream, await this.#observeKey(stream), this.#now());
    const show = this.#observers.get(id)?.show;
    const status = decideStatus(stream, { keys, show, urls: this.#urls }, this.#now());
    if (keys.nextExpiry !== undefined) this.#lookAgain(id, keys.nextExpiry - this.#now());
    if (!isDeepStrictEqual(asStored(stream.status), asStored(status))) await this.#writeStatus(stream, status);
    this.#failures.delete(id);
  }

  async #writeStatus(stream: LiveStream, status: LiveStreamStatus): Promise<void> {
    const { namespace, name, resourceVersion } = stream.metadata;
    try {
      await this.#resources.patchStatus(
        'LiveStream',
        { namespace, name },
        status,
        resourceVersion === undefined ? {} : { resourceVersion },
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }

  async #observeKey(stream: LiveStream) {
    const id = streamId(stream.metadata);
    const { namespace, name, entry, named } = keySecretOf(stream);
    let secret = await this.#secrets.get('Secret', { namespace, name });
    if (!named && (!secret || isLeftOver(secret, stream))) {
      secret = await this.#secrets.apply('Secret', newKeySecret(stream, makeStreamKey()));
    }
    const key = keyIn(secret, entry);
    const { usedBy, freed } = this.#keyHolders.claim(id, key ? hashStreamKey(key) : undefined);
    // Another stream may have waited for the key.
    if (freed) this.#addAll();
    return { secretExists: secret !== undefined, key, usedBy };
  }

  #addAll(): void {
    for (const id of this.#observers.keys()) this.#queue.add(id);
  }

  async #forget(stream: StreamRef): Promise<void> {
    const id = streamId(stream);
    this.#observers.get(id)?.close();
    this.#observers.delete(id);
    this.#uids.delete(id);
    this.#failures.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.#keyHolders.release(id)) this.#addAll();
    this.#host.removeStream(stream);
    const key = { namespace: stream.namespace, name: `${stream.name}-stream-key` };
    const secret = await this.#secrets.get('Secret', key);
    if (secret && ownerOf(secret)?.name === stream.name) await this.#secrets.delete('Secret', key);
  }

  #lookAgain(id: string, inMs: number): void {
    clearTimeout(this.#timers.get(id));
    if (this.#abort.signal.aborted) return;
    const timer = setTimeout(() => this.#queue.add(id), Math.min(Math.max(inMs, 0) + 1, MAX_TIMER_MS));
    timer.unref();
    this.#timers.set(id, timer);
  }
}

function creationTime({ metadata }: LiveStream | Secret): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** What a store would give back: without the entries that are undefined. */
function asStored(status: LiveStreamStatus | undefined): unknown {
  return status && JSON.parse(JSON.stringify(status));
}
