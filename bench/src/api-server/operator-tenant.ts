import { execFileSync } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KUBE, type KubeClient } from '@showrunner/service-kit/kube';
import { startOperator, storyNamespace, type OperatorProcess } from '@showrunner/tests/cluster-stories';
import { inParallel } from '../in-parallel.ts';
import { say } from '../report.ts';
import type { ApiServer } from './api-server.ts';
import type { AuditedWrite } from './audit.ts';
import type { SimulatedPods } from './simulated-pods.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUNDLES = fileURLToPath(new URL('../../dist', import.meta.url));
const CONCURRENCY = 16;
/** An operator that waits for nothing and has written nothing for this long is done. */
const QUIET_MS = 3_000;
const LOOK_MS = 250;
/** Where other work runs on the machine, a stream with its seven or eight writes takes a tenth of a second and more. */
const MOST_STREAM_MS = 200;
const LEAST_TIMEOUT_MS = 120_000;

/** A namespace with LiveStreams, and the operator that looks after it. */
export interface OperatorTenant {
  readonly namespace: string;
  /** As the audit log names the operator. */
  readonly user: string;
  /** As its image has it, with what a pod gives it. */
  startOperator(): Promise<OperatorProcess>;
}

/** Makes the namespaces. Of so many LiveStreams so many are cold, the others warm. */
export async function operatorTenant(
  api: ApiServer,
  { name, streams, cold = 0 }: { name: string; streams: number; cold?: number },
): Promise<OperatorTenant> {
  const home = await storyNamespace(api.kubectl, `${name}-home`);
  const tenant = await storyNamespace(api.kubectl, name);
  await inParallel(Array(streams).keys(), CONCURRENCY, (index) => {
    const { apiVersion, kind } = KUBE.liveStreams;
    const spec = { title: `Show number ${index}`, standby: index < cold ? 'cold' : 'warm' };
    const object = { apiVersion, kind, metadata: { name: `show-${index}` }, spec };
    return api.client.create(KUBE.liveStreams, object, tenant.name);
  });
  const bundle = `${BUNDLES}/operator.js`;
  return {
    namespace: tenant.name,
    user: `system:serviceaccount:${home.name}:operator`,
    startOperator: async () => {
      const operator = await startOperator(api, { namespace: home.name, namespaces: [tenant.name], bundle });
      process.once('exit', () => killIfThere(operator.pid));
      return operator;
    },
  };
}

/** A figure that fails leaves no operator behind. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was stopped.
  }
}

/** Makes the operator's bundle of these sources. */
export function bundleOperator(): void {
  execFileSync(process.execPath, ['scripts/bundle.mjs', BUNDLES], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Waits until the operator leads, knows so many LiveStreams, and has nothing more to do. Resolves to when that began, by `performance.now()`. */
export async function untilDone(operator: OperatorProcess, streams: number): Promise<number> {
  const timeoutMs = LEAST_TIMEOUT_MS + streams * MOST_STREAM_MS;
  const deadline = performance.now() + timeoutMs;
  const metric = (name: string) => operator.metric(`showrunner_operator_${name}`);
  let [before, since] = ['', performance.now()];
  for (;;) {
    const [reconciles = 0, writes, depth, failing, leads] = await Promise.all(
      ['reconciles_total', 'writes_total', 'queue_depth', 'failing', 'leader'].map(metric),
    );
    const now = performance.now();
    const seen = `${reconciles} ${writes}`;
    if (seen !== before || depth !== 0 || failing !== 0 || leads !== 1 || reconciles < streams) since = now;
    before = seen;
    if (now - since > QUIET_MS) return since;
    if (now > deadline)
      throw new Error(`After ${timeoutMs / 1_000} s the operator is not done:\n${operator.log().slice(-4_000)}`);
    await sleep(LOOK_MS);
  }
}

/** What the operator of a tenant has written so far; its lease apart, which tells that it lives. */
export function writesOf(api: ApiServer, { user }: OperatorTenant): AuditedWrite[] {
  return api.writes().filter((write) => write.user === user && write.resource !== 'leases');
}

/** Has the operator make everything, gives it the pods it asks for, and sees that each LiveStream is Ready then, with all Events told. */
export async function carriedOut(
  api: ApiServer,
  tenant: OperatorTenant,
  { operator, pods, streams }: { operator: OperatorProcess; pods: SimulatedPods; streams: number },
): Promise<void> {
  await untilDone(operator, streams);
  say('all objects are made');
  const count = await pods.make(api.client, tenant.namespace);
  await untilDone(operator, streams);
  // Events are written one after the other, in the background.
  for (let before = -1, now = 0; before !== now; await sleep(QUIET_MS))
    [before, now] = [now, writesOf(api, tenant).length];
  const ready = await readyStreams(api.client, tenant.namespace);
  if (ready !== streams) throw new Error(`Only ${ready} of ${streams} LiveStreams are Ready`);
  say(`${streams} LiveStreams are Ready, with ${count} pods`);
}

async function readyStreams(client: KubeClient, namespace: string): Promise<number> {
  let ready = 0;
  for await (const { items } of client.pages<LiveStreamObject>(KUBE.liveStreams, { namespace })) {
    ready += items.filter(({ status, metadata }) => {
      const condition = status?.conditions?.find(({ type }) => type === 'Ready');
      return condition?.status === 'True' && status?.observedGeneration === metadata.generation;
    }).length;
  }
  return ready;
}

type LiveStreamObject = {
  readonly metadata: { readonly name: string; readonly generation?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};
