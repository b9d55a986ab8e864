import { lines } from './json-lines.ts';
import type { KubeConfig } from './kube-config.ts';
import { KubeAnswerTooLongError, KubeConnectionError, KubeError, type Status } from './kube-error.ts';
import { type KubeCall, type KubeLimits, KubeTransport, type Until } from './kube-transport.ts';

/** What every object of the Kubernetes API has that is read here. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: KubeMetadata;
}

export interface KubeMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  /** Who wrote which fields, and when; half of an object. */
  readonly managedFields?: readonly { readonly manager?: string; readonly time?: string }[];
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
}

/** A kind as the API names it. */
export interface KubeResource {
  /** `v1`, `apps/v1` */
  readonly apiVersion: string;
  readonly kind: string;
  /** `deployments` */
  readonly plural: string;
}

/** Which objects of a kind; all namespaces where none is named. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  /** Leaves everything but `metadata` on the server. */
  readonly metadataOnly?: boolean | undefined;
}

export interface KubeList<T> {
  readonly items: T[];
  readonly resourceVersion: string;
}

export type KubeWatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly object: { readonly metadata: { readonly resourceVersion: string } } };

export interface ApplyOptions {
  /** Who owns the fields. */
  readonly fieldManager: string;
  /** Takes fields over that others own. */
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** Objects of a list that are in memory twice, as text and read: with 500 the operator needs a tenth more, and is no sooner done. */
const PAGE = 100;
/**
 * Asked of the server, and up to a half longer, so that watches do not end all at once; one that ended is begun again from
 * where it was.
 */
const WATCH_SECONDS = 300;

/**
 * The Kubernetes API as plain objects. Throws KubeError for every answer but 2xx, after it waited where the server asked
 * for it (429), and KubeConnectionError where no answer came.
 */
export class KubeClient {
  readonly #transport: KubeTransport;
  readonly #until: Until | undefined;

  constructor(config: KubeConfig | KubeTransport, limits?: Partial<KubeLimits>, until?: Until) {
    this.#transport = config instanceof KubeTransport ? config : new KubeTransport(config, limits);
    this.#until = until;
  }

  /**
   * The same client over the same connections, whose requests (not its watches) all end when the signal aborts; none leaves
   * where `isValid` says no.
   */
  until(signal: AbortSignal, isValid = () => !signal.aborted): KubeClient {
    return new KubeClient(this.#transport, undefined, { signal, isValid });
  }

  get<T extends KubeObject>(resource: KubeResource, name: string, namespace?: string): Promise<T> {
    return this.#json({ method: 'GET', path: pathOf(resource, namespace, name) });
  }

  /**
   * One page after the other, so that no more than a hundred objects are in memory besides what the caller keeps; fewer
   * where they are large.
   */
  async *pages<T extends KubeObject>(resource: KubeResource, selection: Selection = {}): AsyncGenerator<KubeList<T>> {
    let limit = PAGE;
    for (let next: string | undefined, isLast = false; !isLast;) {
      try {
        const page = await this.#json<{ items?: T[]; metadata: { resourceVersion: string; continue?: string } }>({
          method: 'GET',
          path: pathOf(resource, selection.namespace),
          query: { labelSelector: selection.labelSelector, limit: String(limit), continue: next },
          accept: acceptFor(selection, 'PartialObjectMetadataList'),
        });
        // Lists of the built-in kinds do not repeat the kind in each item.
        const { apiVersion, kind } = resource;
        const items = (page.items ?? []).map((item) => ({ apiVersion, kind, ...item }));
        yield { items, resourceVersion: page.metadata.resourceVersion };
        next = page.metadata.continue || undefined;
        isLast = next === undefined;
      } catch (error) {
        if (!(error instanceof KubeAnswerTooLongError) || limit === 1) throw error;
        limit = Math.ceil(limit / 4);
      }
    }
  }

  async list<T extends KubeObject>(resource: KubeResource, selection: Selection = {}): Promise<KubeList<T>> {
    const items: T[] = [];
    let resourceVersion = '';
    for await (const page of this.pages<T>(resource, selection)) {
      items.push(...page.items);
      ({ resourceVersion } = page);
    }
    return { items, resourceVersion };
  }

  /**
   * Changes after a version until the server ends the watch or the signal aborts; both end it without an error. Throws
   * KubeError (410 where the version is forgotten) and KubeConnectionError, also where the watch falls silent. The reader
   * may take its time: nothing is read ahead of it.
   */
  async *watch<T extends KubeObject>(
    resource: KubeResource,
    {
      from,
      signal,
      silenceMs,
      ...selection
    }: Selection & {
      readonly from: string;
      readonly signal: AbortSignal;
      /** A watch that brings nothing at all for this long, not even a bookmark, is broken. */
      readonly silenceMs?: number | undefined;
    },
  ): AsyncGenerator<KubeWatchEvent<T>> {
    const call = {
      method: 'GET',
      path: pathOf(resource, selection.namespace),
      query: {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: from,
        labelSelector: selection.labelSelector,
        timeoutSeconds: String(Math.round(WATCH_SECONDS * (1 + Math.random() / 2))),
      },
      accept: acceptFor(selection, 'PartialObjectMetadata'),
    } as const;
    for await (const line of lines(this.#transport.stream(call, signal, silenceMs), this.#transport.maxBytes)) {
      const event = eventIn<T>(line);
      if (event.type === 'ERROR') throw new KubeError(event.object.code ?? 500, event.object);
      yield event;
      if (signal.aborted) return;
    }
  }

  /** Server-side apply. */
  apply<T extends KubeObject>(resource: KubeResource, object: KubeObject, options: ApplyOptions): Promise<T> {
    return this.#apply(resource, object, options);
  }

  /** Server-side apply of `status` alone. */
  applyStatus<T extends KubeObject>(resource: KubeResource, object: KubeObject, options: ApplyOptions): Promise<T> {
    return this.#apply(resource, object, options, '/status');
  }

  create<T extends KubeObject>(
    resource: KubeResource,
    object: object,
    namespace?: string,
    { fieldManager }: Partial<Pick<ApplyOptions, 'fieldManager'>> = {},
  ): Promise<T> {
    return this.#json({ method: 'POST', path: pathOf(resource, namespace), query: { fieldManager }, body: object });
  }

  replace<T extends KubeObject>(resource: KubeResource, object: KubeObject, subresource?: 'status'): Promise<T> {
    const { name, namespace } = object.metadata;
    const path = pathOf(resource, namespace, name) + (subresource ? `/${subresource}` : '');
    return this.#json({ method: 'PUT', path, body: object });
  }

  /** JSON merge patch (RFC 7396). */
  merge<T extends KubeObject>(
    resource: KubeResource,
    name: string,
    namespace: string,
    patch: object,
    subresource?: 'status',
  ): Promise<T> {
    return this.#json({
      method: 'PATCH',
      path: pathOf(resource, namespace, name) + (subresource ? `/${subresource}` : ''),
      body: patch,
      contentType: 'application/merge-patch+json',
    });
  }

  /** `uid`: only that very object (409 where another has its name by now). */
  async delete(resource: KubeResource, name: string, namespace?: string, uid?: string): Promise<void> {
    await this.#json({
      method: 'DELETE',
      path: pathOf(resource, namespace, name),
      body: { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) },
    });
  }

  get isClosed(): boolean {
    return this.#transport.isClosed;
  }

  /** Gives up what is underway: requests fail, watches end. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #apply<T extends KubeObject>(
    resource: KubeResource,
    object: KubeObject,
    options: ApplyOptions,
    subresource = '',
  ): Promise<T> {
    const { name, namespace } = object.metadata;
    return this.#json({
      method: 'PATCH',
      path: pathOf(resource, namespace, name) + subresource,
      query: {
        fieldManager: options.fieldManager,
        force: options.force ? 'true' : undefined,
        dryRun: options.dryRun ? 'All' : undefined,
      },
      // JSON is YAML, which is what the content type promises.
      body: { apiVersion: resource.apiVersion, kind: resource.kind, ...object },
      contentType: 'application/apply-patch+yaml',
    });
  }

  #json<T>(call: KubeCall): Promise<T> {
    return this.#transport.json(call, this.#until);
  }
}

function acceptFor({ metadataOnly }: Selection, kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList'): string {
  return metadataOnly ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : 'application/json';
}

function pathOf({ apiVersion, plural }: KubeResource, namespace?: string, name?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

function eventIn<T>(line: string): KubeWatchEvent<T> | { type: 'ERROR'; object: Status } {
  try {
    return JSON.parse(line) as KubeWatchEvent<T>;
  } catch (error) {
    throw new KubeConnectionError('The Kubernetes API sent an event that is no JSON.', { cause: error });
  }
}
