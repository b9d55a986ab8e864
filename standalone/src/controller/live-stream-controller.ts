import { isDeepStrictEqual } from 'node:util';
import type { Engine, LiveStream, LiveStreamStatus, Secret } from '@showrunner/crds';
import {
  ConflictError,
  follow,
  hashStreamKey,
  KeyedQueue,
  NotFoundError,
  streamId,
  type FlvSource,
  type Kind,
  type Kinds,
  type Logger,
  type ResourceStore,
  type StreamRef,
  type WatchEvent,
} from '@showrunner/service-kit';
import {
  decideEvents,
  decideKeys,
  decideStatus,
  formerHashes,
  isLeftOver,
  keyIn,
  KeyHolders,
  keySecretOf,
  makeStreamKey,
  newKeySecret,
  ownerOf,
  statusHashes,
  type EngineState,
  type Urls,
} from '@showrunner/operator/decide';
import { ShowObserver } from './show-observer.ts';

/** What carries LiveStreams out. */
export interface StreamHost {
  setStream(stream: LiveStream): void;
  removeStream(stream: StreamRef): void;
}

/** What speaks RTMP with publishers, and where. */
export interface Engines {
  /** What goes into the Server field of OBS. */
  readonly servers: Readonly<Record<Engine, string>>;
  state(engine: Engine): EngineState;
}

/** Told what happens to a stream, in a sentence. */
export type EventListener = (stream: StreamRef, sentence: string) => void;

/** Streams that are dealt with at once. */
const CONCURRENCY = 16;
const BACK_OFF = { firstMs: 1_000, maxMs: 10_000 };

/**
 * Keeps every LiveStream true: its key Secret exists, its status holds the hashes of accepted keys, its phase and
 * conditions tell what goes on, and the transcoder knows its spec.
 */
export class LiveStreamController {
  readonly #resources: ResourceStore;
  readonly #secrets: ResourceStore;
  readonly #source: FlvSource;
  readonly #host: StreamHost;
  readonly #urls: Pick<Urls, 'http'>;
  readonly #engines: Engines;
  readonly #onEvent: EventListener;
  readonly #logger: Logger;
  readonly #now: () => number;
  readonly #queue: KeyedQueue;
  readonly #abort = new AbortController();
  readonly #observers = new Map<string, ShowObserver>();
  readonly #keyHolders = new KeyHolders();
  /** Of each observed stream: one that was deleted and made again is another. */
  readonly #uids = new Map<string, string | undefined>();
  #watches: Promise<void>[] = [];

  constructor(options: {
    resources: ResourceStore;
    secrets: ResourceStore;
    source: FlvSource;
    host: StreamHost;
    urls: Pick<Urls, 'http'>;
    engines: Engines;
    onEvent?: EventListener;
    logger: Logger;
    now?: () => number;
  }) {
    this.#resources = options.resources;
    this.#secrets = options.secrets;
    this.#source = options.source;
    this.#host = options.host;
    this.#urls = options.urls;
    this.#engines = options.engines;
    this.#onEvent = options.onEvent ?? (() => undefined);
    this.#logger = options.logger;
    this.#now = options.now ?? Date.now;
    this.#queue = new KeyedQueue({
      run: (key) => this.#reconcile(key),
      onError: (error, key) => this.#logFailure(error, key),
      concurrency: CONCURRENCY,
      backOff: BACK_OFF,
    });
  }

  start(): void {
    this.#watches = [
      this.#follow(this.#resources, 'LiveStream', (stream) => this.#addStream(stream)),
      this.#follow(this.#secrets, 'Secret', (secret) => this.#addStreamsOf(secret)),
    ];
  }

  /** To be called when an engine's state is another one. */
  engineChanged(): void {
    this.#addAll();
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
    await Promise.all([...this.#watches, this.#queue.close()]);
    // The shows have ended by now: say so.
    for (const id of this.#observers.keys()) await this.#reconcile(id).catch((error) => this.#logFailure(error, id));
    for (const observer of this.#observers.values()) observer.close();
    this.#observers.clear();
  }

  #follow<K extends Kind>(store: ResourceStore, kind: K, changed: (object: Kinds[K]) => void): Promise<void> {
    const follower = {
      listed: (items: Kinds[K][]) => {
        // Oldest first: of two new streams with one key the first one keeps it.
        items.sort((a, b) => creationTime(a) - creationTime(b)).forEach(changed);
        // And what was deleted since the last list.
        this.#addAll();
      },
      changed: (event: WatchEvent<K>) => {
        if (event.type !== 'unreadable') changed(event.object);
      },
      failed: (error: unknown) => this.#logger.warn({ err: error, kind }, 'a watch broke; listing again'),
    };
    return follow([store], kind, follower, this.#abort.signal);
  }

  #logFailure(error: unknown, id: string): void {
    if (error instanceof ConflictError) return; // somebody else wrote meanwhile
    this.#logger.error({ err: error, stream: id }, 'a LiveStream could not be reconciled; trying again');
  }

  #addStream(stream: LiveStream): void {
    const id = streamId(stream.metadata);
    if (!this.#keyHolders.holds(id)) {
      // After a restart the status tells who had a key first.
      this.#keyHolders.claim(id, undefined, statusHashes(stream));
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
    const { engine } = stream.spec.ingest;
    const urls = { ...this.#urls, rtmp: this.#engines.servers[engine] };
    const status = decideStatus(stream, { keys, engine: this.#engines.state(engine), show, urls }, this.#now());
    if (keys.nextExpiry !== undefined) this.#queue.addAfter(id, keys.nextExpiry - this.#now());
    if (!isDeepStrictEqual(asStored(stream.status), asStored(status))) await this.#writeStatus(stream, status);
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
      if (error instanceof NotFoundError) return;
      throw error;
    }
    for (const { message } of decideEvents(stream, status)) this.#onEvent({ namespace, name }, message);
  }

  async #observeKey(stream: LiveStream) {
    const id = streamId(stream.metadata);
    const { namespace, name, entry, named } = keySecretOf(stream);
    let secret = await this.#secrets.get('Secret', { namespace, name });
    if (!named && (!secret || isLeftOver(secret, stream))) {
      secret = await this.#secrets.apply('Secret', newKeySecret(stream, makeStreamKey()));
    }
    const key = keyIn(secret, entry);
    const present = key ? hashStreamKey(key) : undefined;
    const former = formerHashes(stream, present, this.#now());
    const { usedBy, freedFor } = this.#keyHolders.claim(id, present, former);
    for (const waiting of freedFor) this.#queue.add(waiting);
    return { secretExists: secret !== undefined, key, usedBy };
  }

  #addAll(): void {
    for (const id of this.#observers.keys()) this.#queue.add(id);
  }

  async #forget(stream: StreamRef): Promise<void> {
    const id = streamId(stream);
    this.#observers.get(id)?.close();
    if (this.#observers.delete(id)) this.#onEvent(stream, 'It was deleted.');
    this.#uids.delete(id);
    for (const waiting of this.#keyHolders.release(id)) this.#queue.add(waiting);
    this.#host.removeStream(stream);
    const key = { namespace: stream.namespace, name: `${stream.name}-stream-key` };
    const secret = await this.#secrets.get('Secret', key);
    if (secret && ownerOf(secret)?.name === stream.name) await this.#secrets.delete('Secret', key);
  }
}

function creationTime({ metadata }: LiveStream | Secret): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0;
}

/** What a store would give back: without the entries that are undefined. */
function asStored(status: LiveStreamStatus): unknown {
  return JSON.parse(JSON.stringify(status));
}
