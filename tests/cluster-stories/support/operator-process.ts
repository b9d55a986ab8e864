import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import type { ClusterAccess } from './cluster.ts';
import { metricIn } from './metric-in.ts';
import { writeOperatorKubeconfig } from './operator-account.ts';
import { imageEnvironment, launchAsPod } from './pod-process.ts';

const MAIN = fileURLToPath(new URL('../../../operator/src/main.ts', import.meta.url));
/** Ten thousand streams are listed within it, also on a busy machine. */
const READY_MS = 180_000;
const KNOCK_TOKEN = 'the-knock-token-of-a-story';

export interface OperatorOptions {
  /** Its own namespace, where its Lease is. */
  readonly namespace: string;
  /** Namespaces that it looks after. */
  readonly namespaces: readonly string[];
  /** Under which it leads. */
  readonly name?: string;
  /** Address of the API, where it is not to be the cluster's own. */
  readonly server?: string;
  /** SHOWRUNNER_* settings that differ from the usual. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The operator as its image has it, one file (scripts/bundle.mjs): that is run as in a pod, in place of the sources. */
  readonly bundle?: string;
}

/** An operator that runs as a process of this machine, against the cluster. */
export interface OperatorProcess {
  /** Everything that it logged. */
  readonly log: () => string;
  readonly pid: number;
  /** When its process was started, by `performance.now()`. */
  readonly startedAt: number;
  /** A metric's value, all of its labels added up; those with a certain text in their labels, where it is given. */
  metric(name: string, labels?: string): Promise<number>;
  knock(namespace: string, stream: string): Promise<number>;
  /** Ends it, with SIGTERM where no signal is named, and waits for that. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts it, with no more rights than it says that it needs, and waits until it knows the cluster. Stop it. */
export async function startOperator(cluster: ClusterAccess, options: OperatorOptions): Promise<OperatorProcess> {
  const { namespace, namespaces, name = 'operator-1', server, settings = {}, bundle } = options;
  const [ops, http] = await freePorts(2);
  const folder = await mkdtemp(join(tmpdir(), 'operator-'));
  const knockToken = join(folder, 'token');
  await writeFile(knockToken, KNOCK_TOKEN);
  const kubeconfig = join(folder, 'kubeconfig');
  const token = await writeOperatorKubeconfig(cluster, { namespace, namespaces, path: kubeconfig, server });
  const { command, env } =
    bundle === undefined
      ? { command: [process.execPath, MAIN], env: { KUBECONFIG: kubeconfig } }
      : await launchAsPod([process.execPath, bundle], { kubeconfig, token, folder });
  const [program = '', ...args] = command;
  const startedAt = performance.now();
  const child = spawn(program, args, {
    env: {
      PATH: process.env.PATH,
      ...(bundle === undefined ? {} : await imageEnvironment('operator')),
      ...env,
      SHOWRUNNER_HOST: '127.0.0.1',
      SHOWRUNNER_OPS_PORT: String(ops),
      SHOWRUNNER_HTTP_PORT: String(http),
      SHOWRUNNER_NAMESPACE: namespace,
      SHOWRUNNER_NAMESPACES: namespaces.join(','),
      SHOWRUNNER_POD_NAME: name,
      SHOWRUNNER_RTMP_URL: 'rtmp://live.example.org/live',
      SHOWRUNNER_HTTP_URL: 'https://live.example.org',
      // No such images: what is told here needs no running pods.
      SHOWRUNNER_INGEST_IMAGE: 'localhost/showrunner-ingest:none',
      SHOWRUNNER_TRANSCODER_IMAGE: 'localhost/showrunner-transcoder:none',
      SHOWRUNNER_IMAGE_PULL_POLICY: 'Never',
      SHOWRUNNER_KNOCK_TOKEN_FILE: knockToken,
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  const ended = once(child, 'exit');
  const at = `http://127.0.0.1:${ops}`;
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (!hasEnded(child)) child.kill(signal);
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await eventually(
      'the operator to know the cluster',
      async () => {
        if (hasEnded(child)) throw new Error(log);
        return (await fetch(`${at}/readyz`)).ok;
      },
      { timeoutMs: READY_MS, everyMs: 50 },
    );
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  return {
    log: () => log,
    pid: child.pid!,
    startedAt,
    async metric(name, labels) {
      // Where this process was busy for seconds, a connection that was kept may be closed just as it is used.
      const response = await fetch(`${at}/metrics`, { headers: { connection: 'close' } });
      return metricIn(await response.text(), name, labels);
    },
    async knock(namespace, stream) {
      const response = await fetch(`http://127.0.0.1:${http}/knock/${namespace}/${stream}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KNOCK_TOKEN}` },
      });
      return response.status;
    },
    stop,
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
