import type { LiveStream } from '@showrunner/crds';
import { follow, leanLiveStream, streamId, type Feed, type StreamRef, type WatchEvent } from '@showrunner/service-kit';
import type { FastifyBaseLogger } from 'fastify';

export type LiveStreamChange =
  | { readonly type: 'changed'; readonly before: LiveStream | undefined; readonly stream: LiveStream }
  | { readonly type: 'removed'; readonly before: LiveStream };

/**
 * All live streams in memory, kept current by one list and watch of each feed, so that no request asks a store.
 * A failed list or watch is begun again from a list, after a growing pause; what changed meanwhile is told as changes.
 */
export class LiveStreamInformer {
  readonly #feeds: readonly Feed<'LiveStream'>[];
  readonly #logger: Pick<FastifyBaseLogger, 'warn'>;
  readonly #streams = new Map<string, LiveStream>();
  readonly #listeners = new Set<(change: LiveStreamChange) => void>();
  readonly #abort = new AbortController();
  readonly #onKnown: () => void;
  #run: Promise<void> | undefined;
  #synced = false;

  constructor(
    feeds: readonly Feed<'LiveStream'>[],
    logger: Pick<FastifyBaseLogger, 'warn'>,
    onKnown: () => void = () => undefined,
  ) {
    this.#feeds = feeds;
    this.#logger = logger;
    this.#onKnown = onKnown;
  }

  /** Resolves when all are known, or something has failed, which is tried again in the background. */
  start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#run ??= this.#follow(resolve);
    return promise;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#listeners.clear();
    await this.#run;
  }

  /** False until all are known at first: an empty answer would be a lie. */
  get synced(): boolean {
    return this.#synced;
  }

  get(ref: StreamRef): LiveStream | undefined {
    return this.#streams.get(streamId(ref));
  }

  all(): LiveStream[] {
    return [...this.#streams.values()];
  }

  onChange(listener: (change: LiveStreamChange) => void): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }

  #follow(firstAttemptDone: () => void): Promise<void> {
    const follower = {
      listed: (items: LiveStream[], _unreadable: unknown, namespace: string | undefined) =>
        this.#replace(items, namespace),
      complete: () => {
        this.#synced = true;
        this.#onKnown();
        firstAttemptDone();
      },
      changed: (event: WatchEvent<'LiveStream'>) => {
        if (event.type === 'unreadable') this.#remove(streamId(event.identity));
        else if (event.type === 'deleted') this.#remove(streamId(event.object.metadata));
        else this.#set(event.object);
      },
      failed: (error: unknown) => {
        this.#logger.warn({ err: error }, 'Following live streams failed; they are listed again.');
        firstAttemptDone();
      },
    };
    return follow(this.#feeds, 'LiveStream', follower, this.#abort.signal);
  }

  #replace(items: LiveStream[], namespace: string | undefined): void {
    const listed = new Set(items.map(({ metadata }) => streamId(metadata)));
    for (const [id, { metadata }] of [...this.#streams]) {
      const isOfList = namespace === undefined || metadata.namespace === namespace;
      if (isOfList && !listed.has(id)) this.#remove(id);
    }
    for (const stream of items) this.#set(stream);
  }

  #set(full: LiveStream): void {
    const stream = leanLiveStream(full);
    const id = streamId(stream.metadata);
    const before = this.#streams.get(id);
    if (before?.metadata.resourceVersion !== undefined) {
      if (before.metadata.resourceVersion === stream.metadata.resourceVersion) return;
    }
    this.#streams.set(id, stream);
    this.#tell({ type: 'changed', before, stream });
  }

  #remove(id: string): void {
    const before = this.#streams.get(id);
    if (before && this.#streams.delete(id)) this.#tell({ type: 'removed', before });
  }

  #tell(change: LiveStreamChange): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        this.#logger.warn({ err: error }, 'A listener of live stream changes failed.');
      }
    }
  }
}
