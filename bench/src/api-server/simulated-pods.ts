import { createServer } from 'node:http';
import { once } from 'node:events';
import { CLUSTER_PORTS } from '@showrunner/crds';
import { KUBE, type KubeClient, type KubeObject } from '@showrunner/service-kit/kube';
import { inParallel } from '../in-parallel.ts';

const CONCURRENCY = 24;
/** All pods are addresses of this machine's loopback. */
const LOOPBACK = 127;
/** What both kinds of pods answer while nobody publishes: each is asked for one of them. */
const IDLE_STATE = JSON.stringify({ state: 'off', show: 'none' });

interface DeploymentObject extends KubeObject {
  readonly spec: {
    readonly template: { readonly metadata: object; readonly spec: { containers: { name: string }[] } };
  };
}

/** Pods that need no node: their status says that they are ready, and all are answered for by one server. */
export class SimulatedPods {
  readonly #server = createServer((_request, response) => response.end(IDLE_STATE));
  #count = 0;

  /** Takes the port of every pod on this machine's loopback. */
  async start(): Promise<void> {
    this.#server.on('connection', (socket) => {
      if (!socket.localAddress?.startsWith(`${LOOPBACK}.`)) socket.destroy();
    });
    this.#server.listen(CLUSTER_PORTS.ops, '0.0.0.0');
    await once(this.#server, 'listening');
  }

  /** Gives each Deployment of the namespace the pod that it asks for. Resolves to how many those are. */
  async make(client: KubeClient, namespace: string): Promise<number> {
    const before = this.#count;
    for await (const { items } of client.pages<DeploymentObject>(KUBE.deployments, { namespace })) {
      await inParallel(items, CONCURRENCY, (deployment) => this.#makeOne(client, namespace, deployment));
    }
    return this.#count - before;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #makeOne(client: KubeClient, namespace: string, { metadata, spec }: DeploymentObject): Promise<void> {
    const name = `${metadata.name}-66c4f7d9b-x2x4z`;
    const podIP = this.#nextAddress();
    const { metadata: labelled, spec: podSpec } = spec.template;
    const pod = { metadata: { ...labelled, name }, spec: { ...podSpec, nodeName: 'simulated-1' } };
    await client.create(KUBE.pods, { apiVersion: 'v1', kind: 'Pod', ...pod }, namespace);
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'];
    const status = {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      hostIP: '10.199.0.1',
      startTime: at,
      conditions: conditions.map((type) => ({ type, status: 'True', lastTransitionTime: at })),
      containerStatuses: podSpec.containers.map(({ name }) => ({
        ...{ name, ready: true, started: true, restartCount: 0, image: 'simulated', imageID: 'simulated' },
        state: { running: { startedAt: at } },
      })),
    };
    await client.merge(KUBE.pods, name, namespace, { status }, 'status');
  }

  /** Each pod has one of its own, so that connections to them are as many as on a cluster. */
  #nextAddress(): string {
    const number = 256 + (this.#count += 1);
    return [LOOPBACK, 1 + (number >> 16), (number >> 8) & 255, number & 255].join('.');
  }
}
