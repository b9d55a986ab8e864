import type { Logger } from '@showrunner/service-kit';
import { KUBE, KubeError, type KubeClient, type KubeObject } from '@showrunner/service-kit/kube';
import type { ObservedPod } from '../decide/index.ts';

/** What was found when the namespace of a resource was last looked at. */
export interface NamespaceLook {
  readonly terminating: boolean;
  /** uids of the pods that were being deleted then. */
  readonly deleted: readonly string[];
}

interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string };
}

const FORBIDDEN = 403;
const NOT_FOUND = 404;

/**
 * Whether the namespace of a resource is being deleted. Kubernetes deletes its pods first, and what owns them when those are gone,
 * so each pod that is newly deleted is a reason to look, once; so is a status that says so already, which a former leader wrote
 * (`wasTold`). `before`: the former answer, to be handed in the next time. A resource lives in one namespace, and what is being
 * deleted stays so: it is not asked again. Where the API may not be asked, what the status says holds; throws what reading throws else.
 */
export async function lookAtNamespace(
  { namespace, name }: { namespace: string; name: string },
  pods: readonly ObservedPod[],
  before: NamespaceLook | undefined,
  { wasTold, client, logger }: { wasTold: boolean; client: Pick<KubeClient, 'get'>; logger: Pick<Logger, 'warn'> },
): Promise<NamespaceLook | undefined> {
  if (before?.terminating) return before;
  const deleted = pods.filter(({ deleting }) => deleting).map(({ uid }) => uid);
  const isNews = deleted.some((uid) => !before?.deleted.includes(uid)) || (wasTold && !before);
  if (!isNews) return before;
  try {
    const found = await client.get<Namespace>(KUBE.namespaces, namespace);
    const terminating = found.metadata.deletionTimestamp !== undefined || found.status?.phase === 'Terminating';
    return { terminating, deleted };
  } catch (error) {
    if (!(error instanceof KubeError && (error.code === FORBIDDEN || error.code === NOT_FOUND))) throw error;
    logger.warn(
      { err: error, namespace, name },
      'it is not known whether the namespace of a resource is being deleted',
    );
    return { terminating: wasTold, deleted };
  }
}
