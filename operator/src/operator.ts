import type { RequestListener } from 'node:http';
import type { Logger, Registry } from '@showrunner/service-kit';
import type { KubeClient } from '@showrunner/service-kit/kube';
import { type OperatorConfig, settingsOf } from './config.ts';
import { createKnockHandler } from './kube/knock-handler.ts';
import { LeaderElection, type Term } from './kube/leader.ts';
import { ClusterView } from './kube/live-stream/cluster-view.ts';
import { StreamReconciler } from './kube/live-stream/stream-reconciler.ts';
import { PodHttp } from './kube/pod-http.ts';
import { TokenFile } from './kube/token-file.ts';
import { OperatorMetrics } from './metrics.ts';

export interface Operator {
  /** Takes knocks of the front door. */
  readonly knocks: RequestListener;
  /** What keeps it from its work, one sentence each. */
  readonly ready: () => readonly string[];
  start(): void;
  /** Ends what it leads, gives the lease back, and stops watching. */
  close(): Promise<void>;
}

/** Follows the cluster always, and carries LiveStreams out while it leads. */
export function createOperator(options: {
  config: Readonly<OperatorConfig>;
  client: KubeClient;
  /** Over connections of its own, so that renewing the lease waits for no other write. */
  leaseClient: KubeClient;
  logger: Logger;
  registry: Registry;
}): Operator {
  const { config, client, leaseClient, logger, registry } = options;
  const settings = settingsOf(config);
  const podHttp = new PodHttp();
  let leading: StreamReconciler | undefined;
  /** Former terms whose last writes are being waited for. */
  const ending = new Set<Promise<void>>();

  const view = new ClusterView({
    client,
    namespaces: config.namespaces,
    settings,
    logger,
    onSynced: () => leading?.addAll(),
    onChange: (namespace, name) => leading?.changed({ namespace, name }),
    onRoomChange: (namespace) => leading?.roomChanged(namespace),
  });
  const metrics = new OperatorMetrics(registry, {
    queueDepth: () => leading?.queueDepth ?? 0,
    failing: () => leading?.failing ?? 0,
    leads: () => election.leads,
    streams: () => view.size,
  });
  const election = new LeaderElection({
    client: leaseClient,
    namespace: config.namespace,
    name: config.leaseName,
    identity: config.podName,
    onTerm: begin,
    logger,
  });

  function begin(term: Term): void {
    const reconciler = new StreamReconciler({
      view,
      client,
      term,
      settings,
      podHttp,
      metrics,
      logger,
      instance: config.podName,
    });
    leading = reconciler;
    term.signal.addEventListener('abort', () => void end(reconciler), { once: true });
    reconciler.start();
  }

  async function end(reconciler: StreamReconciler): Promise<void> {
    if (leading === reconciler) leading = undefined;
    const closing = reconciler.close().finally(() => ending.delete(closing));
    ending.add(closing);
    await closing;
  }

  const knocks = createKnockHandler({
    token: new TokenFile(config.knockTokenFile),
    knock: (stream) => (leading && election.leads ? leading.knock(stream) : 'not the leader'),
    logger,
  });

  return {
    knocks,
    ready: () => (view.synced ? [] : view.problems),
    start() {
      view.start();
      election.start();
    },
    async close() {
      // What is being written is finished before another may lead.
      if (leading) await end(leading);
      await Promise.all(ending);
      await election.close();
      await view.close();
      podHttp.close();
    },
  };
}
