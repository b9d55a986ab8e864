import { setTimeout as sleep } from 'node:timers/promises';
import { startApiServer } from '../api-server/api-server.ts';
import { bundleOperator, carriedOut, operatorTenant, untilDone, writesOf } from '../api-server/operator-tenant.ts';
import { SimulatedPods } from '../api-server/simulated-pods.ts';
import { percentile, say, type Figure } from '../report.ts';

const STREAMS = 1_000;
const ROUNDS = 5;
const GOAL_SECONDS = 10;

export const operatorRestart: Figure = {
  name: 'operator-restart',
  describes:
    'writes of an idle operator at 1,000 warm LiveStreams; a new one: until it has looked at all, and its writes',
  home: 'cluster',
  run: async ({ seconds: idleSeconds }) => {
    bundleOperator();
    const api = await startApiServer();
    const pods = new SimulatedPods();
    try {
      await pods.start();
      const tenant = await operatorTenant(api, { name: 'restart', streams: STREAMS });
      let operator = await tenant.startOperator();
      await carriedOut(api, tenant, { operator, pods, streams: STREAMS });
      const writes = () => writesOf(api, tenant).length;
      const made = writes();
      await sleep(idleSeconds * 1_000);
      const before = writes();
      const seconds: number[] = [];
      for (let round = 1; round <= ROUNDS; round += 1) {
        // As it ends when a node is lost; it holds its lease on.
        await operator.stop(round % 2 === 0 ? 'SIGKILL' : 'SIGTERM');
        operator = await tenant.startOperator();
        seconds.push(((await untilDone(operator, STREAMS)) - operator.startedAt) / 1_000);
        say(`start ${round}: ${seconds.at(-1)?.toFixed(1)} s, ${writes() - before} writes so far`);
      }
      await operator.stop();
      const p95 = percentile(seconds, 0.95);
      const needless = writes() - before;
      return [
        {
          what: `writes in ${idleSeconds} s at ${STREAMS} LiveStreams, idle`,
          ours: String(before - made),
          goal: '0',
          met: before === made,
        },
        {
          what: `restart at ${STREAMS} LiveStreams, p50 of ${ROUNDS}`,
          ours: `${percentile(seconds, 0.5).toFixed(1)} s`,
          goal: '-',
          met: true,
        },
        { what: 'the same, p95', ours: `${p95.toFixed(1)} s`, goal: `<= ${GOAL_SECONDS} s`, met: p95 <= GOAL_SECONDS },
        { what: 'its writes', ours: String(needless), goal: '0', met: needless === 0 },
      ];
    } finally {
      await pods.close();
      await api.close();
    }
  },
};
