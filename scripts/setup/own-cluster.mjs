import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fail, say } from './say.mjs';

/** Where tests/cluster keeps its programs, images and state; env.sh says the same. */
const home =
  process.env.CLUSTER_HOME || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'showrunner-cluster');

/** The cluster of tests/cluster, on this machine. */
export const ownCluster = {
  home,
  kubeconfig: join(home, 'admin.kubeconfig'),
  bin: join(home, 'bin'),
  auditLog: join(home, 'logs', 'audit.log'),
};

const env = {
  ...process.env,
  PATH: [ownCluster.bin, process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter),
  CLUSTER_HOME: home,
  CONTAINERD_ADDRESS: join(home, 'run', 'containerd.sock'),
  CONTAINERD_NAMESPACE: 'k8s.io',
};

/** Options to start a program with, so that it finds the cluster's programs, its containerd among them. */
export const withOwnCluster = (options = {}) => ({ env, encoding: 'utf8', ...options });

const script = (root, name, args = [], options = {}) =>
  spawnSync(join(root, 'tests', 'cluster', name), args, withOwnCluster(options));

/** The steps of build.sh that have something to do. */
export function missingSteps(root) {
  return script(root, 'build.sh', ['missing']).stdout.split('\n').filter(Boolean);
}

/** Whether the node's agent runs: the last but one thing that up.sh starts. */
export function isOwnClusterUp() {
  try {
    const pid = Number(readFileSync(join(home, 'run', 'kubelet.pid'), 'utf8'));
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('kubelet\0');
  } catch {
    return false;
  }
}

/** Builds what is missing and starts what does not run; returns when the cluster works. */
export function startOwnCluster(root) {
  const missing = missingSteps(root);
  if (missing.length > 0) {
    const how = missing.includes('kubernetes') ? ' (once, 20 minutes on two cores)' : '';
    say(`Building a Kubernetes for the tests into ${home}: ${missing.join(', ')}${how}`);
  }
  if (!isOwnClusterUp()) say('Starting the Kubernetes of the tests');
  // The steps of a start are of interest where it fails, a build's as they come.
  const run = script(root, 'up.sh', [], { stdio: ['ignore', missing.length > 0 ? 2 : 'pipe', 2] });
  if (run.status !== 0) fail(`The Kubernetes of the tests does not start. It came as far as:\n${run.stdout ?? ''}`);
}

/** Builds etcd and Kubernetes' programs where they are missing. */
export function buildControlPrograms(root) {
  if (script(root, 'build.sh', ['packages', 'kubernetes', 'etcd'], { stdio: ['ignore', 2, 2] }).status !== 0) {
    fail('etcd and kube-apiserver could not be built.');
  }
}

/** Stops what startOwnCluster started; its state and what was built stay. */
export function stopOwnCluster(root) {
  say('Stopping the Kubernetes of the tests (SHOWRUNNER_KEEP_CLUSTER=1 leaves it running)');
  if (script(root, 'down.sh').status !== 0) fail('The Kubernetes of the tests could not be stopped.');
}
