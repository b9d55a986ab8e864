import { type ApiServer, startApiServer } from '../api-server/api-server.ts';
import { sendAgain } from '../api-server/bare-calls.ts';
import { bundleOperator, operatorTenant, untilDone, writesOf } from '../api-server/operator-tenant.ts';
import { median, say, type Figure } from '../report.ts';

const STREAMS = 1_000;
const ROUNDS = 2;
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
  const all = writesOf(api, tenant);
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

export const operatorScale: Figure = {
  name: 'operator-scale',
  describes: '1,000 LiveStreams to their objects and status, beside the same calls alone',
  home: 'cluster',
  run: async () => {
    bundleOperator();
    const api = await startApiServer();
    try {
      const rounds: Round[] = [];
      for (let index = 1; index <= ROUNDS; index += 1) rounds.push(await round(api, index));
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
      ];
    } finally {
      await api.close();
    }
  },
};
