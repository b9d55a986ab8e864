import type { KeptStream } from './kept.ts';
import { NamespaceView, type NamespaceViewOptions } from './namespace-view.ts';

/** All namespaces, or each of some, as one. */
export class ClusterView {
  readonly #views: ReadonlyMap<string | undefined, NamespaceView>;

  /** `namespaces`: all where none is named. */
  constructor({ namespaces, ...options }: Omit<NamespaceViewOptions, 'namespace'> & { namespaces: readonly string[] }) {
    const names = namespaces.length === 0 ? [undefined] : namespaces;
    this.#views = new Map(names.map((namespace) => [namespace, new NamespaceView({ ...options, namespace })]));
  }

  /** `undefined` for a namespace that is not watched. */
  in(namespace: string): NamespaceView | undefined {
    return this.#views.get(namespace) ?? this.#views.get(undefined);
  }

  /** How many LiveStreams there are. */
  get size(): number {
    return [...this.#views.values()].reduce((sum, view) => sum + view.streams.objects.size, 0);
  }

  /** Those of namespaces that are known. */
  *streams(): Generator<KeptStream> {
    for (const view of this.#views.values()) if (view.synced) yield* view.streams.objects.values();
  }

  /** One sentence for each kind of which nothing is heard at the moment. */
  get problems(): string[] {
    return [...this.#views.values()].flatMap((view) => view.problems);
  }

  /** Whether at least one namespace is known: one that cannot be read must not stop the others. */
  get synced(): boolean {
    return [...this.#views.values()].some(({ synced }) => synced);
  }

  /** Whether all namespaces are known that may be read. */
  get complete(): boolean {
    return [...this.#views.values()].every(({ synced, refused }) => synced || refused);
  }

  start(): void {
    for (const view of this.#views.values()) view.start();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#views.values()].map((view) => view.close()));
  }
}
