import { setTimeout as sleep } from 'node:timers/promises';
import { type BackOff, backOffMs, type Logger } from '@showrunner/service-kit';
import {
  KubeError,
  type KubeClient,
  type KubeObject,
  type KubeResource,
  type Selection,
} from '@showrunner/service-kit/kube';
import { type Change, type Kept, ObjectTable } from './object-table.ts';
import { isLater } from './resource-version.ts';

export interface InformerTiming {
  /** Between attempts to list or to watch. */
  readonly backOff: BackOff;
  /** Everything is listed anew after this, or up to a fifth earlier. */
  readonly relistMs: number;
  /** A watch that brings nothing, not even a bookmark, for this long is begun again. */
  readonly silenceMs: number;
}

const TIMING: InformerTiming = {
  backOff: { firstMs: 200, maxMs: 30_000 },
  relistMs: 10 * 3_600_000,
  silenceMs: 150_000,
};

/** A watch that cannot be taken up again so many times in a row lists anew: its version may be one that the server lost. */
const WATCH_ATTEMPTS = 5;
const GONE = 410;
const REFUSED: readonly number[] = [403, 404];
/** Over some seconds: longer than a Role is away that is being replaced, or an API server does not know Roles that has just started. */
const REFUSALS = 6;
/** A watch that ends sooner, without having brought anything, was refused in another way. */
const MIN_WATCH_MS = 1_000;

export interface InformerOptions<T extends KubeObject, K extends Kept> {
  readonly client: KubeClient;
  readonly resource: KubeResource;
  readonly selection?: Selection;
  /** What is kept of an object. */
  readonly trim: (object: T) => K;
  /** What an object belongs to, for `group`. */
  readonly groupOf?: (object: K) => string | undefined;
  readonly changed: (change: Change<K>) => void;
  readonly logger: Logger;
  readonly timing?: Partial<InformerTiming>;
}

/**
 * Knows all objects of a kind: lists them page by page, then follows their changes, for ever. A broken watch goes on from where
 * it was, and everything is listed again where the server has forgotten that place. Tells each change once, deletions that
 * it has not seen itself included.
 */
export class Informer<T extends KubeObject, K extends Kept> {
  readonly #options: InformerOptions<T, K>;
  readonly #timing: InformerTiming;
  readonly #table: ObjectTable<K>;
  readonly #closed = new AbortController();
  readonly #firstList = Promise.withResolvers<void>();
  #loop: Promise<void> | undefined;
  /** Everything up to here is known. */
  #version = '';
  #failures = 0;
  /** How many lists in a row were refused. */
  #refusals = 0;
  #problem: string | undefined;

  constructor(options: InformerOptions<T, K>) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#table = new ObjectTable(options.groupOf);
  }

  get resource(): KubeResource {
    return this.#options.resource;
  }

  /** Whether everything was listed at least once. */
  get synced(): boolean {
    return this.#version !== '';
  }

  /** Whether nothing is to be had: all lists so far, and not just a moment's, were refused (403) or are of nothing that is there (404). */
  get refused(): boolean {
    return !this.synced && this.#refusals >= REFUSALS;
  }

  /** Why it does not hear of changes at the moment. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get objects(): Omit<ObjectTable<K>, 'set' | 'delete'> {
    return this.#table;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  /** Resolves once everything was listed. */
  get whenSynced(): Promise<void> {
    return this.#firstList.promise;
  }

  /** Takes in the answer to a write of our own, which the watch brings only later; `silent`: without telling. */
  absorb(object: T, { silent = false } = {}): void {
    // What is older than all that is known was deleted since.
    if (this.synced && isLater(versionOf(object), this.#version)) this.#put(object, silent);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        await this.#list();
        await this.#follow();
      } catch (error) {
        const isRefusal = error instanceof KubeError && REFUSED.includes(error.code);
        this.#refusals = isRefusal ? this.#refusals + 1 : 0;
        await this.#pause(error, 'a list');
      }
    }
  }

  async #list(): Promise<void> {
    const { client, resource, selection } = this.#options;
    const listed = new Set<string>();
    let version = '';
    for await (const page of client.pages<T>(resource, selection)) {
      if (this.#closed.signal.aborted) return;
      if (version === '' && isLater(this.#version, page.resourceVersion)) this.#startOver();
      for (const object of page.items) {
        listed.add(keyOf(object));
        this.#put(object);
      }
      version = page.resourceVersion;
    }
    for (const key of [...this.#table.keys()]) if (!listed.has(key)) this.#tell(this.#table.delete(key, version));
    this.#version = version;
    this.#problem = undefined;
    this.#firstList.resolve();
  }

  /** The server's data was set back (a restored backup): versions known so far would hide what it says now. */
  #startOver(): void {
    this.#options.logger.warn({ kind: this.#options.resource.kind }, 'versions went back; everything is read anew');
    this.#version = '';
    for (const { namespace, name, resourceVersion } of [...this.#table.values()]) {
      this.#tell(this.#table.delete(`${namespace}/${name}`, resourceVersion));
    }
  }

  /** Returns when it is time to list again. */
  async #follow(): Promise<void> {
    const relistAt = performance.now() + this.#timing.relistMs * (1 - Math.random() / 5);
    while (!this.#closed.signal.aborted && performance.now() < relistAt) {
      try {
        await this.#watch(relistAt);
      } catch (error) {
        await this.#pause(error, 'a watch');
        if (this.#failures >= WATCH_ATTEMPTS || (error instanceof KubeError && error.code === GONE)) return;
      }
    }
  }

  async #watch(until: number): Promise<void> {
    const { client, resource, selection } = this.#options;
    const started = performance.now();
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(Math.ceil(Math.max(until - started, 1)))]);
    const { silenceMs } = this.#timing;
    let isSilent = true;
    for await (const event of client.watch<T>(resource, { ...selection, from: this.#version, signal, silenceMs })) {
      if (this.#closed.signal.aborted) return;
      isSilent = false;
      this.#failures = 0;
      this.#problem = undefined;
      const version = versionOf(event.object as KubeObject);
      if (event.type === 'DELETED') this.#tell(this.#table.delete(keyOf(event.object), version));
      else if (event.type !== 'BOOKMARK') this.#put(event.object);
      this.#version = version;
    }
    if (isSilent && !signal.aborted && performance.now() - started < MIN_WATCH_MS) {
      throw new Error('The server ended the watch at once.');
    }
  }

  #put(object: T, silent = false): void {
    let kept: K;
    try {
      kept = this.#options.trim(object);
    } catch (error) {
      // One object that cannot be read must not hide all others.
      this.#options.logger.error(
        { err: error, kind: this.#options.resource.kind, object: keyOf(object) },
        'an object was not read',
      );
      return;
    }
    const change = this.#table.set(kept);
    if (!silent) this.#tell(change);
  }

  #tell(change: Change<K> | undefined): void {
    if (!change) return;
    try {
      this.#options.changed(change);
    } catch (error) {
      const { name, namespace } = (change.after ?? change.before)!;
      this.#options.logger.error(
        { err: error, kind: this.#options.resource.kind, object: `${namespace}/${name}` },
        'a change was not handled',
      );
    }
  }

  async #pause(error: unknown, what: 'a list' | 'a watch'): Promise<void> {
    const { signal } = this.#closed;
    if (signal.aborted) return;
    const { logger, resource, selection } = this.#options;
    this.#failures++;
    this.#problem = error instanceof Error ? error.message : String(error);
    const asked = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const ms = Math.max(backOffMs(this.#timing.backOff, this.#failures), asked);
    logger.warn(
      { err: error, kind: resource.kind, namespace: selection?.namespace, ms },
      `${what} failed; trying again`,
    );
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function versionOf({ metadata }: KubeObject): string {
  return metadata.resourceVersion!;
}
