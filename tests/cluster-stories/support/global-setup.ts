import type { TestProject } from 'vitest/node';
import { bringUpCluster } from './bring-up.ts';

/** Has a cluster run for the stories. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { cluster, close } = await bringUpCluster();
  project.provide('cluster', cluster);
  // The stories run in children of this process: what asks the API as it does in production finds it.
  process.env.KUBECONFIG = cluster.kubeconfig;
  return close;
}
