import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditedWrite } from '../api-server/audit.ts';
import { type ApiServer, startApiServer } from '../api-server/api-server.ts';
import { sendAgain } from '../api-server/bare-calls.ts';
import { bundleOperator, operatorTenant, readyStreams, untilDone } from '../api-server/operator-tenant.ts';
import { SimulatedPods } from '../api-server/simulated-pods.ts';
import { median, say, type Figure } from '../report.ts';

const STREAMS = 1_000;
const ROUNDS = 3;
const GOAL = 0.8;
const EVENTS = 'events';

interface Round {
  /** Of the operator, and of the same calls without one; calls a second. */
  readonly ours: number;
  readonly bare: number;
}

/** From nothing but LiveStreams to their objects and status, and then the same calls for another namespace. */
async function round(api: ApiServer, index: number): Promise<Round> {
  const tenant = await operatorTenant(api, { name: `scale-${index}`, streams: STREAMS });
  const other = await operatorTenant(api, { name: `bare-${index}`, streams: STREAMS });
  const operator = await tenant.startOperator();
  try {
    await untilDone(operator, STREAMS);
  } finally {
    await operator.stop();
  }
  const all = writesOf(api, tenant.user);
  // Events are written in the background and go on when all else is done: those that came meanwhile count.
  const ended = Math.max(...all.filter(({ resource }) => resource !== EVENTS).map(({ to }) => to));
  const writes = all.filter(({ to }) => to <= ended);
  const failed = writes.filter(({ code }) => code >= 300);
  if (failed.length > 0) throw new Error(`${failed.length} writes failed, the first with ${failed[0]?.code}`);
  const began = Math.min(...writes.map(({ from }) => from));
  const seconds = (ended - began) / 1_000;
  const bareSeconds = await sendAgain(api, writes, other.namespace);
  say(
    `round ${index}: ${writes.length} writes in ${seconds.toFixed(1)} s, the same without the operator in ${bareSeconds.toFixed(1)} s`,
  );
  return { ours: writes.length / seconds, bare: writes.length / bareSeconds };
}

/** Its lease apart, which tells that it lives. */
function writesOf(api: ApiServer, user: string): AuditedWrite[] {
  return api.writes().filter((write) => write.user === user && write.resource !== 'leases');
}

/** Writes while all streams are Ready and nothing happens. */
async function idleWrites(api: ApiServer, pods: SimulatedPods, seconds: number): Promise<number> {
  const tenant = await operatorTenant(api, { name: 'idle', streams: STREAMS });
  const operator = await tenant.startOperator();
  try {
    await untilDone(operator, STREAMS);
    await pods.make(api.client, tenant.namespace);
    await untilDone(operator, STREAMS);
    const ready = await readyStreams(api.client, tenant.namespace);
    if (ready !== STREAMS) throw new Error(`Only ${ready} of ${STREAMS} streams are Ready`);
    const before = writesOf(api, tenant.user).length;
    say(`${STREAMS} streams are Ready; ${seconds} s without anything`);
    await sleep(seconds * 1_000);
    return writesOf(api, tenant.user).length - before;
  } finally {
    await operator.stop();
  }
}

export const operatorScale: Figure = {
  name: 'operator-scale',
  describes: '1,000 LiveStreams to their objects and status, beside the same calls alone; writes when idle',
  home: 'cluster',
  run: async ({ seconds }) => {
    bundleOperator();
    const api = await startApiServer();
    const pods = new SimulatedPods();
    try {
      await pods.start();
      const rounds: Round[] = [];
      for (let index = 1; index <= ROUNDS; index += 1) rounds.push(await round(api, index));
      const idle = await idleWrites(api, pods, seconds);
      const ratio = median(rounds.map(({ ours, bare }) => ours / bare));
      const rate = (values: number[]) => `${median(values).toFixed(0)} writes/s`;
      return [
        {
          what: `${STREAMS} LiveStreams to their objects and status`,
          ours: rate(rounds.map(({ ours }) => ours)),
          peer: rate(rounds.map(({ bare }) => bare)),
          ratio,
          goal: `>= ${GOAL}x`,
          met: ratio >= GOAL,
        },
        { what: `writes in ${seconds} s when idle`, ours: String(idle), goal: '0', met: idle === 0 },
      ];
    } finally {
      await pods.close();
      await api.close();
    }
  },
};
