import type { RequestListener } from 'node:http';
import type { Logger, Registry } from '@showrunner/service-kit';
import type { KubeClient } from '@showrunner/service-kit/kube';
import { type OperatorConfig, settingsOf } from './config.ts';
import type { Controller, Leading } from './kube/controller.ts';
import { LeaderElection, type Term } from './kube/leader.ts';
import { createKnockHandler } from './kube/live-stream/knock-handler.ts';
import { LiveStreamController } from './kube/live-stream/live-stream-controller.ts';
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

/** Follows the cluster always, and carries resources out while it leads. */
export function createOperator(options: {
  config: Readonly<OperatorConfig>;
  client: KubeClient;
  /** Over connections of its own, so that renewing the lease waits for no other write. */
  leaseClient: KubeClient;
  logger: Logger;
  registry: Registry;
}): Operator {
  const { config, client, leaseClient, logger, registry } = options;
  let leading: readonly Leading[] = [];
  /** Former terms whose last writes are being waited for. */
  const ending = new Set<Promise<unknown>>();

  const podHttp = new PodHttp();
  const metrics = new OperatorMetrics(registry, {
    queueDepth: () => sum(leading.map(({ queueDepth }) => queueDepth)),
    failing: () => sum(leading.map(({ failing }) => failing)),
    leads: () => election.leads,
  });
  const given = {
    client,
    namespaces: config.namespaces,
    settings: settingsOf(config),
    podHttp,
    metrics,
    logger,
    instance: config.podName,
  };
  const liveStreams = new LiveStreamController(given);
  const controllers: readonly Controller[] = [liveStreams];

  const election = new LeaderElection({
    client: leaseClient,
    namespace: config.namespace,
    name: config.leaseName,
    identity: config.podName,
    onTerm: begin,
    logger,
  });

  function begin(term: Term): void {
    const begun = controllers.map((controller) => controller.lead(term));
    leading = begun;
    term.signal.addEventListener('abort', () => void end(begun), { once: true });
  }

  async function end(ended: readonly Leading[]): Promise<void> {
    if (leading === ended) leading = [];
    const closing = Promise.all(ended.map((one) => one.close())).finally(() => ending.delete(closing));
    ending.add(closing);
    await closing;
  }

  const knocks = createKnockHandler({
    token: new TokenFile(config.knockTokenFile),
    knock: (stream) => (election.leads ? liveStreams.knock(stream) : 'not the leader'),
    logger,
  });

  return {
    knocks,
    ready: () => controllers.flatMap(({ problems }) => problems),
    start() {
      for (const controller of controllers) controller.start();
      election.start();
    },
    async close() {
      // What is being written is finished before another may lead.
      await end(leading);
      await Promise.all(ending);
      await election.close();
      await Promise.all(controllers.map((controller) => controller.close()));
      podHttp.close();
    },
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
