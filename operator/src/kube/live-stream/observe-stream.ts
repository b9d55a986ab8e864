import { type LiveStream, type StreamComponent, componentName } from '@showrunner/crds';
import { type ObservedLiveStream, type StreamObjects, configName } from '../../decide/index.ts';
import type { KeptDeployment, KeptObject } from '../kept.ts';
import type { KeySecret } from './key-secret.ts';
import type { KeptSecret } from './kept.ts';
import type { NamespaceView } from './namespace-view.ts';
import type { StreamMemory } from './stream-memory.ts';

/** All that a decision reads, from what is known. */
export function observeStream(
  stream: LiveStream,
  view: NamespaceView,
  memory: StreamMemory,
  { exists, key, made, usedBy }: KeySecret & { readonly usedBy: string | undefined },
  turn: ObservedLiveStream['turn'],
): ObservedLiveStream {
  const { followed, followedAt, knockedAt, lackingSince, namespace } = memory;
  return {
    key: { secretExists: exists, key, usedBy },
    children: childrenOf(stream, view, memory, made),
    namespaceTerminating: namespace?.terminating ?? false,
    followed,
    followedAt,
    knockedAt,
    turn,
    lackingSince,
    refusals: [...memory.refusals.values()],
    fresh: memory.fresh,
  };
}

function childrenOf(
  { metadata: { namespace, name } }: LiveStream,
  view: NamespaceView,
  { strangers }: StreamMemory,
  keySecret: StreamObjects['keySecret'],
): StreamObjects {
  const each = <T>(of: (component: StreamComponent, name: string) => T) => ({
    ingest: of('ingest', componentName(name, 'ingest')),
    transcoder: of('transcoder', componentName(name, 'transcoder')),
  });
  const stranger = (kind: string, name: string): KeptObject | undefined => strangers.get(`${kind} "${name}"`)?.object;
  const config =
    view.secrets.objects.get(namespace, configName(name)) ??
    (stranger('Secret', configName(name)) as KeptSecret | undefined);
  const pods = view.pods.objects.group(`${namespace}/${name}`);
  return {
    keySecret,
    config: config && { ...config, flvToken: decoded(config.flvToken) },
    deployments: each(
      (_, name) =>
        view.deployments.objects.get(namespace, name) ?? (stranger('Deployment', name) as KeptDeployment | undefined),
    ),
    services: each((_, name) => view.services.objects.get(namespace, name) ?? stranger('Service', name)),
    disruptionBudgets: each(
      (_, name) => view.disruptionBudgets.objects.get(namespace, name) ?? stranger('PodDisruptionBudget', name),
    ),
    pods: each((component) => pods.filter((pod) => pod.component === component)),
  };
}

function decoded(value: string | undefined): string | undefined {
  return value && Buffer.from(value, 'base64').toString('utf8');
}
