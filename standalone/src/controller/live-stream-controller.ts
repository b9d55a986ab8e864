import { isDeepStrictEqual } from 'node:util';
import type { LiveStream, LiveStreamStatus, Secret } from '@showrunner/crds';
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
import { decideKeys, sha256 } from './decide-keys.ts';
import { decideStatus, type Urls } from './decide-status.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { ShowObserver } from './show-observer.ts';
import { isOwnedBy, keyIn, keySecretOf, makeStreamKey, newKeySecret } from './stream-key.ts';

/** What carries LiveStreams out. */
export interface StreamHost {
  setStream(stream: LiveStream): void;
  removeStream(stream: StreamRef): void;
}

const RETRY_MS = 1_000;
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
  /** Which stream holds which key, so that a doubled one is told. */
  readonly #keyHolders = new Map<string, string>();
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
        this.#logFailure(error, key);
        this.#lookAgain(key, RETRY_MS);
      },
    );
  }

  start(): void {
    this.#watches = [
      this.#follow(this.#resources, 'LiveStream', (object) => this.#queue.add(streamId(object.metadata))),
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
        items.forEach(changed);
        for await (const event of store.watch(kind, { from: resourceVersion, signal })) changed(event.object);
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn({ err: error, kind }, 'a watch broke; listing again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #logFailure(error: unknown, id: string): void {
    if (error instanceof ConflictError) return; // somebody else wrote meanwhile
    this.#logger.error({ err: error, stream: id }, 'reconcile failed');
  }

  #addStreamsOf(secret: Secret): void {
    const { namespace } = secret.metadata;
    for (const key of this.#observers.keys()) if (key.startsWith(`${namespace}/`)) this.#queue.add(key);
  }

  async #reconcile(id: string): Promise<void> {
    const [namespace = '', name = ''] = id.split('/');
    const stream = await this.#resources.get('LiveStream', { namespace, name });
    if (!stream) return this.#forget({ namespace, name });
    if (!this.#observers.has(id)) {
      const changed = () => this.#queue.add(id);
      this.#observers.set(
        id,
        new ShowObserver({ source: this.#source, stream: { namespace, name }, now: this.#now, changed }),
      );
    }
    this.#host.setStream(stream);
    const keys = decideKeys(stream, await this.#observeKey(stream), this.#now());
    const show = this.#observers.get(id)?.show;
    const status = decideStatus(stream, { keys, show, urls: this.#urls }, this.#now());
    if (keys.nextExpiry !== undefined) this.#lookAgain(id, keys.nextExpiry - this.#now());
    if (isDeepStrictEqual(asStored(stream.status), asStored(status))) return;
    const { resourceVersion } = stream.metadata;
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
    if (!secret && !named) secret = await this.#secrets.apply('Secret', newKeySecret(stream, makeStreamKey()));
    const key = keyIn(secret, entry);
    const hash = key ? sha256(key) : undefined;
    for (const [held, holder] of this.#keyHolders) {
      if (holder === id && held !== hash) this.#keyHolders.delete(held);
    }
    const holder = hash ? this.#keyHolders.get(hash) : undefined;
    if (hash && !holder) this.#keyHolders.set(hash, id);
    return { secretExists: secret !== undefined, key, usedBy: holder === id ? undefined : holder };
  }

  async #forget(stream: StreamRef): Promise<void> {
    const id = streamId(stream);
    this.#observers.get(id)?.close();
    this.#observers.delete(id);
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    for (const [hash, holder] of this.#keyHolders) {
      if (holder !== id) continue;
      this.#keyHolders.delete(hash);
      for (const other of this.#observers.keys()) this.#queue.add(other);
    }
    this.#host.removeStream(stream);
    const key = { namespace: stream.namespace, name: `${stream.name}-stream-key` };
    const secret = await this.#secrets.get('Secret', key);
    if (secret && isOwnedBy(secret, stream.name)) await this.#secrets.delete('Secret', key);
  }

  #lookAgain(id: string, inMs: number): void {
    clearTimeout(this.#timers.get(id));
    if (this.#abort.signal.aborted) return;
    const timer = setTimeout(() => this.#queue.add(id), Math.min(Math.max(inMs, 0) + 1, MAX_TIMER_MS));
    timer.unref();
    this.#timers.set(id, timer);
  }
}

/** What a store would give back: without the entries that are undefined. */
function asStored(status: LiveStreamStatus | undefined): unknown {
  return status && JSON.parse(JSON.stringify(status));
}
