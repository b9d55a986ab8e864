import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { KUBE, KubeClient, loadKubeConfig } from '@showrunner/service-kit/kube';
import { bringUpCluster, installPlatform, type Platform } from '@showrunner/tests/cluster-stories';
import { startTcpRelay, type TcpRelay } from '@showrunner/tests/support';

/** Showrunner on a real cluster, installed by its chart, and the cluster's API. */
export interface MeasuredPlatform {
  readonly platform: Platform;
  /** As an administrator. */
  readonly client: KubeClient;
}

/** Brings a cluster up, installs the chart, measures, and takes it all away again. */
export async function onPlatform<T>(
  name: string,
  measure: (measured: MeasuredPlatform) => Promise<T>,
  values: object = {},
): Promise<T> {
  const { cluster, close } = await bringUpCluster();
  const client = new KubeClient(await loadKubeConfig(cluster.kubeconfig));
  try {
    const platform = await installPlatform(cluster, name, values);
    try {
      return await measure({ platform, client });
    } finally {
      await platform.uninstall();
    }
  } finally {
    await client.close();
    await close();
  }
}

/** A LiveStream whose key is known before it is applied. */
export interface KeyedStream {
  readonly name: string;
  readonly key: string;
  /** Applies it; resolves when the API has it. */
  apply(): Promise<void>;
  /** Takes it away and waits until none of its pods is left. */
  remove(): Promise<void>;
}

export async function keyedStream(
  { platform, client }: MeasuredPlatform,
  name: string,
  spec: object = {},
): Promise<KeyedStream> {
  const namespace = platform.tenant.name;
  const key = randomBytes(24).toString('base64url');
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-own-key` },
    stringData: { streamKey: key },
  };
  await client.create(KUBE.secrets, secret, namespace);
  return {
    name,
    key,
    apply: async () => {
      const { apiVersion, kind } = KUBE.liveStreams;
      const own = { ingest: { keySecretRef: { name: secret.metadata.name }, reconnectGrace: '0s' } };
      await client.create(
        KUBE.liveStreams,
        { apiVersion, kind, metadata: { name }, spec: { ...own, ...spec } },
        namespace,
      );
    },
    remove: async () => {
      await client.delete(KUBE.liveStreams, name, namespace);
      await client.delete(KUBE.secrets, secret.metadata.name, namespace);
      const labelSelector = `showrunner.dev/live-stream=${name}`;
      while ((await client.list(KUBE.pods, { namespace, labelSelector })).items.length > 0) await sleep(100);
    },
  };
}

/** A relay before the front door, which keeps what a publisher says first. */
export function relayToFrontDoor({ platform }: MeasuredPlatform): Promise<TcpRelay> {
  const { hostname, port } = new URL(platform.rtmpUrl);
  return startTcpRelay({ host: hostname, port: Number(port) }, { capture: 16_384 });
}
