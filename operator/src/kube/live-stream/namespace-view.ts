import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@showrunner/service-kit';
import { KUBE, type KubeClient, type KubeObject, type KubeResource } from '@showrunner/service-kit/kube';
import { type Manifest, type OperatorSettings, type Room, keySecretOf, liveStreamKind } from '../../decide/index.ts';
import { MANAGED_BY, MANAGER } from '../../decide/objects/labels.ts';
import { InformerGroup } from '../informer-group.ts';
import { type Owned, keepDeployment, keepObject, keepQuota, keptOf } from '../kept.ts';
import type { Change, Kept } from '../object-table.ts';
import { type KeptStream, keepPod, keepSecret, keepStream } from './kept.ts';

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

/**
 * All that is known of the LiveStreams of one namespace, or of all, and of what belongs to them. Of Secrets that the operator
 * did not make only names and versions come over the wire (docs/decisions/0010-secrets-by-version.md).
 */
export class NamespaceView {
  readonly #options: NamespaceViewOptions;
  readonly #informers: InformerGroup;
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
    this.#informers = new InformerGroup({ ...options, knownTexts: (object) => this.#textsOfStream(object) });
    const { nameLabel } = liveStreamKind;
    const ours = `${MANAGED_BY}=${MANAGER}`;
    const child = { labelSelector: `${ours},${nameLabel}` };
    this.streams = this.#informers.add(liveStreamKind.resource, {
      trim: keepStream,
      groupOf: ({ resource }) => secretKey(keySecretOf(resource)),
      changed: ({ before, after }) => {
        const { namespace, name } = (after ?? before)!;
        if (!before || !after || !isSameStream(before, after)) this.#tell(namespace, name);
      },
    });
    const changed = (change: Change<Owned<object>>) => this.#tellOwner(change);
    this.services = this.#informers.add(KUBE.services, {
      ...child,
      trim: (object) => keepObject(object, nameLabel, this.#desired(KUBE.services, object)),
      changed,
    });
    this.deployments = this.#informers.add(KUBE.deployments, {
      ...child,
      trim: (object) => keepDeployment(object, nameLabel, this.#desired(KUBE.deployments, object)),
      changed,
    });
    this.disruptionBudgets = this.#informers.add(KUBE.disruptionBudgets, {
      ...child,
      trim: (object) => keepObject(object, nameLabel, this.#desired(KUBE.disruptionBudgets, object)),
      changed,
    });
    this.pods = this.#informers.add(KUBE.pods, {
      ...child,
      trim: keepPod,
      groupOf: ({ namespace, owner }) => `${namespace}/${owner}`,
      changed,
    });
    this.secrets = this.#informers.add(KUBE.secrets, {
      labelSelector: ours,
      trim: keepSecret,
      changed: (change) => {
        this.#tellOwner(change);
        this.#tellUsers(change);
      },
    });
    this.otherSecrets = this.#informers.add(KUBE.secrets, {
      labelSelector: `${MANAGED_BY}!=${MANAGER}`,
      metadataOnly: true,
      trim: keptOf,
      changed: (change) => this.#tellUsers(change),
    });
    this.quotas = this.#informers.add(KUBE.quotas, {
      trim: keepQuota,
      groupOf: ({ namespace }) => namespace,
      changed: ({ before, after }) => {
        if (this.#isTelling) this.#options.onRoomChange((after ?? before)!.namespace);
      },
    });
  }

  get synced(): boolean {
    return this.#informers.synced;
  }

  /** Whether it may not be read, or is not there. */
  get refused(): boolean {
    return this.#informers.refused;
  }

  /** One sentence for each kind of which nothing is heard. */
  get problems(): string[] {
    return this.#informers.problems;
  }

  /** What the quotas of a namespace have left. */
  roomOf(namespace: string): Room {
    return Object.assign({}, ...this.quotas.objects.group(namespace).map(({ room }) => room)) as Room;
  }

  /** Takes in the answer to a write of our own. */
  absorb(resource: KubeResource, object: KubeObject, how?: { silent: boolean }): void {
    this.#informers.absorb(resource, object, how);
  }

  start(): void {
    void (async () => {
      // Streams were added first: what belongs to one is compared with what it wants.
      await this.#informers.start();
      this.#isTelling = true;
      this.#options.onSynced();
    })();
  }

  async close(): Promise<void> {
    await this.#informers.close();
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
    for (const { namespace, owner } of [before, after].filter((kept) => kept !== undefined)) {
      this.#tell(namespace, owner);
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
