import type { LiveStream, Secret } from '@showrunner/crds';
import { KUBE, KubeError, type KubeClient, type KubeObject } from '@showrunner/service-kit/kube';
import { type ObservedObject, keyIn, keySecretOf } from '../../decide/index.ts';
import { ownershipOf } from '../../decide/objects/ownership.ts';
import { isLater } from '../resource-version.ts';
import type { NamespaceView } from './namespace-view.ts';

/** The key of a stream as it was last read from a Secret that the operator did not make. */
export interface ReadKey {
  readonly secret: string;
  readonly entry: string;
  readonly resourceVersion: string;
  readonly key: string | undefined;
}

export interface KeySecret {
  readonly exists: boolean;
  readonly key: string | undefined;
  /** The Secret that was made for the stream, or for a former one of its name. */
  readonly made?: ObservedObject | undefined;
  /** To be handed in the next time. */
  readonly read?: ReadKey | undefined;
}

const MADE_ENTRY = 'streamKey';
const NOT_FOUND = 404;

/**
 * The stream key. It is known without asking where the operator made the Secret; of others it is read once for each version,
 * which is all that is watched of them. Throws what reading throws, but for a Secret that is not there.
 */
export async function keySecretFor(
  stream: LiveStream,
  view: NamespaceView,
  client: KubeClient,
  before: ReadKey | undefined,
): Promise<KeySecret> {
  const { namespace, name, entry, named } = keySecretOf(stream);
  const made = view.secrets.objects.get(namespace, name);
  if (made && !named) {
    // A key of a former stream is known to its streamer.
    if (ownershipOf(made, stream.metadata.uid) === 'former') return { exists: false, key: undefined, made };
    return { exists: true, key: keyIn(secretOf(made.streamKey), MADE_ENTRY), made };
  }
  const known = made ?? view.otherSecrets.objects.get(namespace, name);
  if (!known) return { exists: false, key: undefined };
  const isCurrent =
    before?.secret === name && before.entry === entry && !isLater(known.resourceVersion, before.resourceVersion);
  if (isCurrent) return { exists: true, key: before.key, read: before };
  try {
    const secret = await client.get<KubeObject & Partial<Pick<Secret, 'data'>>>(KUBE.secrets, name, namespace);
    const key = keyIn(secretOf(secret.data?.[entry]), MADE_ENTRY);
    const read = { secret: name, entry, resourceVersion: secret.metadata.resourceVersion!, key };
    return { exists: true, key, read };
  } catch (error) {
    if (error instanceof KubeError && error.code === NOT_FOUND) return { exists: false, key: undefined };
    throw error;
  }
}

function secretOf(value: string | undefined): Secret | undefined {
  return value === undefined ? undefined : ({ data: { [MADE_ENTRY]: value } } as unknown as Secret);
}
