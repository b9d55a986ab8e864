import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@showrunner/service-kit';
import {
  KUBE,
  type KubeClient,
  type KubeObject,
  type KubeResource,
  type Selection,
} from '@showrunner/service-kit/kube';
import { type Manifest, type OperatorSettings, type Room, keySecretOf, liveStreamKind } from '../../decide/index.ts';
import { MANAGED_BY, MANAGER } from '../../decide/objects/labels.ts';
import { Informer, type InformerOptions } from '../informer.ts';
import type { Change, Kept } from '../object-table.ts';
import { SharedTexts } from '../shared-texts.ts';
import {
  type KeptStream,
  type Owned,
  keepDeployment,
  keepObject,
  keepPod,
  keepQuota,
  keepSecret,
  keepStream,
  keptOf,
} from './kept.ts';

export interface NamespaceViewOptions {
  readonly client: KubeClient;
  /** All namespaces where none is named. */
  readonly namespace: string | undefined;
  readonly settings: OperatorSettings;
  readonly logger: Logger;
  /** Everything is known for the first time. */
  readonly onSynced: () => void;
  /** After that: a stream, or something that belongs to it, has changed so that a decision may be another. */
  readonly onChange: (namespace: string, stream: string) => void;
  /** After that: a quota has another amount left. */
  readonly onRoomChange: (namespace: string) => void;
}

type Watched<K extends Kept> = Pick<InformerOptions<KubeObject, K>, 'trim' | 'changed' | 'groupOf'> & Selection;

/**
 * All that is known of the LiveStreams of one namespace, or of all, and of what belongs to them. Of Secrets that the operator
 * did not make only names and versions come over the wire (docs/decisions/0010-secrets-by-version.md).
 */
export class NamespaceView {
  readonly #options: NamespaceViewOptions;
  readonly #informers: Informer<KubeObject, Kept>[] = [];
  readonly #texts = new SharedTexts();
  #isTelling = false;
  readonly streams;
  readonly services;
  readonly deployments;
  readonly disruptionBudgets;
  readonly pods;
  readonly secrets;
  readonly otherSecrets;
  readonly quotas;

  constructor(options: NamespaceViewOptions) {
    this.#options = options;
    const ours = `${MANAGED_BY}=${MANAGER}`;
    const child = { labelSelector: `${ours},${liveStreamKind.nameLabel}` };
    this.streams = this.#watch(liveStreamKind.resource, {
      trim: keepStream,
      groupOf: ({ resource }) => secretKey(keySecretOf(resource)),
      changed: ({ before, after }) => {
        const { namespace, name } = (after ?? before)!;
        if (!before || !after || !isSameStream(before, after)) this.#tell(namespace, name);
      },
    });
    const changed = (change: Change<Owned<object>>) => this.#tellOwner(change);
    this.services = this.#watch(KUBE.services, {
      ...child,
      trim: (object) => keepObject(object, this.#desired(KUBE.services, object)),
      changed,
    });
    this.deployments = this.#watch(KUBE.deployments, {
      ...child,
      trim: (object) => keepDeployment(object, this.#desired(KUBE.deployments, object)),
      changed,
    });
    this.disruptionBudgets = this.#watch(KUBE.disruptionBudgets, {
      ...child,
      trim: (object) => keepObject(object, this.#desired(KUBE.disruptionBudgets, object)),
      changed,
    });
    this.pods = this.#watch(KUBE.pods, {
      ...child,
      trim: keepPod,
      groupOf: ({ namespace, stream }) => `${namespace}/${stream}`,
      changed,
    });
    this.secrets = this.#watch(KUBE.secrets, {
      labelSelector: ours,
      trim: keepSecret,
      changed: (change) => {
        this.#tellOwner(change);
        this.#tellUsers(change);
      },
    });
    this.otherSecrets = this.#watch(KUBE.secrets, {
      labelSelector: `${MANAGED_BY}!=${MANAGER}`,
      metadataOnly: true,
      trim: keptOf,
      changed: (change) => this.#tellUsers(change),
    });
    this.quotas = this.#watch(KUBE.quotas, {
      trim: keepQuota,
      groupOf: ({ namespace }) => namespace,
      changed: ({ before, after }) => {
        if (this.#isTelling) this.#options.onRoomChange((after ?? before)!.namespace);
      },
    });
  }

  get synced(): boolean {
    return this.#informers.every(({ synced }) => synced);
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

  /** What the quotas of a namespace have left. */
  roomOf(namespace: string): Room {
    return Object.assign({}, ...this.quotas.objects.group(namespace).map(({ room }) => room)) as Room;
  }

  /** Takes in the answer to a write of our own. */
  absorb(resource: KubeResource, object: KubeObject, how?: { silent: boolean }): void {
    const informer = this.#informers.find((informer) => informer.resource.kind === resource.kind);
    informer?.absorb(object, how);
  }

  start(): void {
    void (async () => {
      // Streams come first: what belongs to one is compared with what it wants. Lists of all kinds at once would take the most memory
      // that this process ever needs.
      for (const informer of this.#informers) {
        informer.start();
        await informer.whenSynced;
      }
      this.#isTelling = true;
      this.#options.onSynced();
    })();
  }

  async close(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.close()));
  }

  #watch<K extends Kept>(
    resource: KubeResource,
    { trim, changed, groupOf, ...selection }: Watched<K>,
  ): Informer<KubeObject, K> {
    const { client, namespace, logger } = this.#options;
    const informer = new Informer<KubeObject, K>({
      client,
      resource,
      selection: { ...selection, namespace },
      trim: (object) => this.#texts.in(trim(object), this.#textsOfStream(object)),
      ...(groupOf ? { groupOf } : {}),
      changed,
      logger,
    });
    this.#informers.push(informer as unknown as Informer<KubeObject, Kept>);
    return informer;
  }

  #streamOf({ metadata }: KubeObject): KeptStream | undefined {
    return this.streams.objects.get(metadata.namespace!, metadata.labels?.[liveStreamKind.nameLabel] ?? '');
  }

  /** All that belongs to a stream repeats these. */
  #textsOfStream(object: KubeObject): string[] {
    const { name, uid = '' } = this.#streamOf(object)?.resource.metadata ?? {};
    return name === undefined ? [] : [name, uid];
  }

  #desired({ kind }: KubeResource, object: KubeObject): Manifest | undefined {
    const stream = this.#streamOf(object);
    if (!stream) return undefined;
    return liveStreamKind
      .manifests(stream.resource, this.#options.settings)
      .find((manifest) => manifest.kind === kind && manifest.metadata.name === object.metadata.name);
  }

  #tell(namespace: string, stream: string): void {
    if (this.#isTelling) this.#options.onChange(namespace, stream);
  }

  #tellOwner({ before, after }: Change<Owned<object>>): void {
    if (before && after && isSame(before, after)) return;
    for (const { namespace, stream } of [before, after].filter((kept) => kept !== undefined)) {
      this.#tell(namespace, stream);
    }
  }

  /** Tells the streams whose key is in the Secret. */
  #tellUsers({ before, after }: Change<Kept>): void {
    const secret = (after ?? before)!;
    for (const { namespace, name } of this.streams.objects.group(secretKey(secret))) this.#tell(namespace, name);
  }
}

function secretKey({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/** Versions also change with what is not kept. */
function isSame(before: Kept, after: Kept): boolean {
  return isDeepStrictEqual({ ...before, resourceVersion: '' }, { ...after, resourceVersion: '' });
}

function isSameStream(before: KeptStream, after: KeptStream): boolean {
  const metadata = ({ resource }: KeptStream) => ({ ...resource.metadata, resourceVersion: '' });
  return (
    // The generation tells of the spec.
    isDeepStrictEqual(metadata(before), metadata(after)) &&
    isDeepStrictEqual(before.resource.status, after.resource.status)
  );
}
