import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CLUSTER_PORTS } from '@showrunner/crds';
import type { ClusterProgram } from './cluster-program.ts';

const ADDON = fileURLToPath(new URL('../../cluster/addon.sh', import.meta.url));

/** `pod` of a spec: where nothing is run that is started, and pods are ready at once. */
export const ON_SIMULATED_NODES = {
  nodeSelector: { type: 'kwok' },
  tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }],
};

/** Nodes on which pods take up room and do nothing, but that each says of itself that nobody publishes. */
export interface SimulatedNodes {
  /** To be called when no pods are there any more. */
  remove(): Promise<void>;
}

/** Needs the cluster of tests/cluster. What it is made by is built the first time, which takes minutes. */
export async function simulatedNodes(kubectl: ClusterProgram, count: number): Promise<SimulatedNodes> {
  await promisify(execFile)(ADDON, ['kwok', String(count)]);
  const pods = createServer((request, response) => {
    const isState = request.url?.startsWith('/state/');
    response.writeHead(isState ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isState ? JSON.stringify({ state: 'off', show: 'none' }) : '');
  });
  pods.listen(CLUSTER_PORTS.ops);
  await once(pods, 'listening');
  return {
    remove: async () => {
      await kubectl(['delete', 'nodes', '--selector', 'type=kwok', '--wait=false']);
      pods.closeAllConnections();
      pods.close();
    },
  };
}
