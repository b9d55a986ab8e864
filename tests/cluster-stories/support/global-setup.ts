import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import type { Cluster } from './cluster.ts';
import { clusterProgram } from './cluster-program.ts';
import { deleteLeftOvers } from './story-namespace.ts';

const inRoot = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/**
 * Has a cluster run with this checkout's images and definitions. One that did not run before is stopped afterwards, except with
 * SHOWRUNNER_KEEP_CLUSTER=1.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = JSON.parse(await clusterScript('up')) as Cluster;
  const kubectl = clusterProgram(cluster, 'kubectl');
  // Whoever installed the definition before, a chart say, the stories need this checkout's.
  await kubectl(['apply', '--server-side', '--force-conflicts', '-f', inRoot('crds/livestreams.showrunner.dev.yaml')]);
  await deleteLeftOvers(kubectl, Date.now());
  project.provide('cluster', cluster);
  // The stories run in children of this process: what asks the API as it does in production finds it.
  process.env.KUBECONFIG = cluster.kubeconfig;
  return async () => {
    if (cluster.isStarted && process.env.SHOWRUNNER_KEEP_CLUSTER !== '1') await clusterScript('down');
  };
}

/** What scripts/cluster.mjs says on stdout; its progress is shown as it comes. */
function clusterScript(command: 'up' | 'down'): Promise<string> {
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
