import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Secret } from '@showrunner/crds';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  type OperatorProcess,
  type StoryNamespace,
  clusterProgram,
  liveStream,
  namesOf,
  readStreams,
  startOperator,
  storyNamespace,
} from '../support/index.ts';

const WRITES = 'showrunner_operator_writes_total';
const LEADS = 'showrunner_operator_leader';
const STREAMS = 30;
/** A lease lasts 15 s, and those who wait look every two. */
const TAKE_OVER_MS = 20_000;

const cluster = inject('cluster');
let home: StoryNamespace;
let tenant: StoryNamespace;
const operators = new Map<string, OperatorProcess>();

async function start(name: string): Promise<OperatorProcess> {
  const operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name], name });
  operators.set(name, operator);
  return operator;
}

async function stop(name: string, signal?: NodeJS.Signals): Promise<void> {
  await operators.get(name)?.stop(signal);
  operators.delete(name);
}

const leads = (operator: OperatorProcess, timeoutMs = TAKE_OVER_MS) =>
  eventually('it to lead', async () => (await operator.metric(LEADS)) === 1, { timeoutMs, everyMs: 100 });

beforeAll(async () => {
  const kubectl = clusterProgram(cluster, 'kubectl');
  home = await storyNamespace(kubectl, 'operator-home');
  tenant = await storyNamespace(kubectl, 'operator-leader-killed');
});
afterAll(async () => {
  for (const name of [...operators.keys()]) await stop(name, 'SIGKILL');
  await tenant?.delete();
  await home?.delete();
});

it('is taken over by the other where the leader is killed between two writes', async () => {
  const first = await start('first');
  await leads(first);
  const second = await start('second');
  expect(await second.metric(LEADS)).toBe(0);

  const names = Array.from({ length: STREAMS }, (_, i) => `show-${i}`);
  const applied = tenant.kubectl(['create', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: names.map((name) => JSON.parse(liveStream(name)) as object),
    }),
  });
  await eventually('writes', async () => (await namesOf(tenant.kubectl, 'services')).length > 4, { everyMs: 10 });
  await stop('first', 'SIGKILL');
  await applied;
  expect((await readStreams(tenant.kubectl)).filter(({ status }) => status.observedGeneration === -1)).not.toEqual([]);
  expect(await second.metric(WRITES)).toBe(0);

  await leads(second);
  await eventually(
    'all objects of all streams',
    async () => (await namesOf(tenant.kubectl, 'secrets,services,deployments')).length === STREAMS * 6,
    {
      timeoutMs: 30_000,
    },
  );
  const streams = await eventually('a status of each', async () => {
    const streams = await readStreams(tenant.kubectl);
    return streams.every(({ status, metadata }) => status.observedGeneration === metadata.generation) && streams;
  });
  const { items } = JSON.parse(await tenant.kubectl(['get', 'secrets', '-o', 'json'])) as { items: Secret[] };
  for (const { metadata, status } of streams) {
    // Made once, and never another in its place.
    const key = items.find(({ metadata: { name } }) => name === `${metadata.name}-stream-key`)!.data['streamKey']!;
    const sha256 = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex');
    expect(status.ingest?.keyHashes).toEqual([{ sha256 }]);
  }
});

it('writes nothing any more after it stood still for longer than its lease', async () => {
  const second = operators.get('second')!;
  await leads(second);
  const third = await start('third');
  process.kill(second.pid, 'SIGSTOP');
  await leads(third);
  const before = await third.metric(WRITES);
  await tenant.kubectl(['create', '-f', '-'], { input: liveStream('meanwhile') });
  process.kill(second.pid, 'SIGCONT');
  const written = await second.metric(WRITES);
  await eventually('the new leader to see to it', async () => (await third.metric(WRITES)) > before);
  await sleep(2_000);
  expect(await second.metric(WRITES)).toBe(written);
  expect(await second.metric(LEADS)).toBe(0);
  expect(await third.metric(LEADS)).toBe(1);
});

it('gives the lease back when it is told to end', async () => {
  const second = operators.get('second')!;
  const told = performance.now();
  await stop('third');
  await leads(second, 5_000);
  expect(performance.now() - told).toBeLessThan(5_000);
});
