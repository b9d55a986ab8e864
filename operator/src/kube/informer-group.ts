import type { Logger } from '@showrunner/service-kit';
import type { KubeClient, KubeObject, KubeResource, Selection } from '@showrunner/service-kit/kube';
import { Informer, type InformerOptions } from './informer.ts';
import type { Kept } from './object-table.ts';
import { SharedTexts } from './shared-texts.ts';

export interface InformerGroupOptions {
  readonly client: KubeClient;
  /** All namespaces where none is named. */
  readonly namespace: string | undefined;
  readonly logger: Logger;
  /** Texts which are kept anyhow and which an object may repeat. */
  readonly knownTexts: (object: KubeObject) => readonly string[];
}

type Watched<K extends Kept> = Pick<InformerOptions<KubeObject, K>, 'trim' | 'changed' | 'groupOf'> & Selection;

/** Informers of one namespace, or of all, as one. They share the texts that they keep. */
export class InformerGroup {
  readonly #options: InformerGroupOptions;
  readonly #informers: Informer<KubeObject, Kept>[] = [];
  readonly #texts = new SharedTexts();

  constructor(options: InformerGroupOptions) {
    this.#options = options;
  }

  add<K extends Kept>(
    resource: KubeResource,
    { trim, changed, groupOf, ...selection }: Watched<K>,
  ): Informer<KubeObject, K> {
    const { client, namespace, logger, knownTexts } = this.#options;
    const informer = new Informer<KubeObject, K>({
      client,
      resource,
      selection: { ...selection, namespace },
      trim: (object) => this.#texts.in(trim(object), knownTexts(object)),
      ...(groupOf ? { groupOf } : {}),
      changed,
      logger,
    });
    this.#informers.push(informer as unknown as Informer<KubeObject, Kept>);
    return informer;
  }

  get synced(): boolean {
    return this.#informers.every(({ synced }) => synced);
  }

  /** Whether one of them is refused, so that they are not known before somebody gives the right to it. */
  get refused(): boolean {
    return this.#informers.some(({ refused }) => refused);
  }

  /** One sentence for each kind of which nothing is heard. */
  get problems(): string[] {
    return this.#informers
      .filter(({ synced, problem }) => !synced || problem !== undefined)
      .map((informer) => {
        const { kind } = informer.resource;
        const where = this.#options.namespace === undefined ? '' : ` of namespace ${this.#options.namespace}`;
        return `${kind}s${where} are not known: ${informer.problem ?? 'they are being listed'}`;
      });
  }

  /** Takes in the answer to a write of our own. */
  absorb(resource: KubeResource, object: KubeObject, how?: { silent: boolean }): void {
    const informer = this.#informers.find((informer) => informer.resource.kind === resource.kind);
    informer?.absorb(object, how);
  }

  /**
   * Starts them in the order in which they were added, each when the one before is known, and resolves when all are. Lists of all
   * kinds at once would take the most memory that this process ever needs.
   */
  async start(): Promise<void> {
    for (const informer of this.#informers) {
      informer.start();
      await informer.whenSynced;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.close()));
  }
}
