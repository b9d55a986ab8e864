import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Cluster } from './cluster.ts';
import { clusterProgram } from './cluster-program.ts';
import { deleteLeftOvers } from './story-namespace.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** This checkout's definition of LiveStream. */
export const DEFINITION_FILE = inRoot('crds/livestreams.showrunner.dev.yaml');

export interface BroughtUp {
  readonly cluster: Cluster;
  /** Stops it where it did not run before, except with SHOWRUNNER_KEEP_CLUSTER=1. */
  readonly close: () => Promise<void>;
}

/** Has a cluster run with this checkout's images and definitions. */
export async function bringUpCluster(): Promise<BroughtUp> {
  const cluster = JSON.parse(await clusterScript('up')) as Cluster;
  const kubectl = clusterProgram(cluster, 'kubectl');
  // Whoever installed the definition before, a chart say, this checkout's is needed.
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', DEFINITION_FILE]);
  await deleteLeftOvers(kubectl, Date.now());
  return {
    cluster,
    close: async () => {
      if (cluster.isStarted && process.env.SHOWRUNNER_KEEP_CLUSTER !== '1') await clusterScript('down');
    },
  };
}

/** What scripts/cluster.mjs says on stdout; its progress is shown as it comes. */
export function clusterScript(command: 'up' | 'down' | 'programs'): Promise<string> {
  const child = spawn(process.execPath, [inRoot('scripts/cluster.mjs'), command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`scripts/cluster.mjs ${command} failed: see the lines above.`));
    });
  });
}
