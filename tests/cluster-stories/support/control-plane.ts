import { execFile } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Cluster } from './cluster.ts';

const UP = fileURLToPath(new URL('../../cluster/up.sh', import.meta.url));
const UP_TIMEOUT_MS = 120_000;

type Part = 'etcd' | 'kube-apiserver';

/** Processes of the project's own cluster (tests/cluster), whose faults hit all that runs on it. */
export interface ControlPlane {
  kill(part: Part): Promise<void>;
  /** It neither answers nor closes a connection, until `resume`. */
  freeze(part: Part): Promise<void>;
  resume(part: Part): Promise<void>;
  /** Starts what does not run; returns when the cluster works. */
  start(): Promise<void>;
}

/** Throws for a cluster that somebody else runs. */
export function controlPlane({ isOwn, kubeconfig }: Cluster): ControlPlane {
  if (!isOwn) throw new Error('The control plane of a cluster that is not ours is left alone.');
  const home = dirname(kubeconfig);

  async function signal(part: Part, which: NodeJS.Signals): Promise<void> {
    const pid = Number(await readFile(join(home, 'run', `${part}.pid`), 'utf8'));
    // The number may be a stranger's since.
    const program = basename((await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, ''));
    if (program !== part) throw new Error(`Process ${pid} is ${program}, not ${part}.`);
    process.kill(pid, which);
  }

  return {
    kill: (part) => signal(part, 'SIGKILL'),
    freeze: (part) => signal(part, 'SIGSTOP'),
    resume: (part) => signal(part, 'SIGCONT'),
    start: async () => {
      const env = { ...process.env, CLUSTER_HOME: home };
      await promisify(execFile)(UP, [], { env, timeout: UP_TIMEOUT_MS });
    },
  };
}
