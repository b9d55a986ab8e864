import { setTimeout as sleep } from 'node:timers/promises';
import { mostResidentBytes, residentBytes } from '@showrunner/tests/support';
import { startApiServer } from '../api-server/api-server.ts';
import { bundleOperator, carriedOut, operatorTenant, untilDone } from '../api-server/operator-tenant.ts';
import { SimulatedPods } from '../api-server/simulated-pods.ts';
import { percentile, say, type Figure, type FigureRow } from '../report.ts';

const STREAMS = 10_000;
const GOAL_MEGABYTES = 200;
const SAMPLE_MS = 500;

/** Resident megabytes, one value per sample. */
async function sampled(pid: number, seconds: number): Promise<number[]> {
  const samples: number[] = [];
  for (let taken = 0; taken * SAMPLE_MS < seconds * 1_000; taken += 1) {
    samples.push(residentBytes(pid) / 1_000_000);
    await sleep(SAMPLE_MS);
  }
  return samples;
}

interface Resident {
  readonly usual: number;
  readonly most: number;
}

function figuresOf(samples: readonly number[]): Resident {
  return { usual: percentile(samples, 0.5), most: percentile(samples, 1) };
}

function megabytes({ usual, most }: Resident): string {
  return `p50 ${usual.toFixed(0)} MB, most ${most.toFixed(0)} MB`;
}

export const operatorMemory: Figure = {
  name: 'operator-memory',
  describes: 'resident memory of the operator at 10,000 LiveStreams, half of them warm with two pods each',
  home: 'cluster',
  run: async ({ seconds, streams = STREAMS }) => {
    bundleOperator();
    const api = await startApiServer();
    const pods = new SimulatedPods();
    try {
      await pods.start();
      const tenant = await operatorTenant(api, { name: 'memory', streams, cold: Math.floor(streams / 2) });
      say(`${streams} LiveStreams are there`);
      let operator = await tenant.startOperator();
      await carriedOut(api, tenant, { operator, pods, streams });
      const grown = figuresOf(await sampled(operator.pid, seconds));
      say(`idle: ${megabytes(grown)}`);
      await operator.stop();
      operator = await tenant.startOperator();
      const starting = sampled(operator.pid, seconds);
      await untilDone(operator, streams);
      // It was listing before there was anything to sample.
      const started = { ...figuresOf(await starting), most: mostResidentBytes(operator.pid) / 1_000_000 };
      await operator.stop();
      const row = (what: string, resident: Resident): FigureRow => ({
        what: `operator with ${streams} LiveStreams, ${what}`,
        ours: megabytes(resident),
        goal: `<= ${GOAL_MEGABYTES} MB`,
        met: resident.most <= GOAL_MEGABYTES,
      });
      return [row(`which it made, idle for ${seconds} s`, grown), row(`${seconds} s from a restart on`, started)];
    } finally {
      await pods.close();
      await api.close();
    }
  },
};
