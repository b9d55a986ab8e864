import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  type OperatorProcess,
  type StoryNamespace,
  clusterProgram,
  liveStream,
  namesOf,
  readStream,
  startOperator,
  storyNamespace,
  untilReason,
  versionsOf,
} from '../support/index.ts';

const OBJECTS = 'secrets,services,deployments,poddisruptionbudgets';
const warmObjects = (name: string) =>
  [
    `deployment/${name}-ingest`,
    `deployment/${name}-transcoder`,
    `secret/${name}-live-stream`,
    `secret/${name}-stream-key`,
    `service/${name}-ingest`,
    `service/${name}-transcoder`,
  ].sort();

const cluster = inject('cluster');
let home: StoryNamespace;
let tenant: StoryNamespace;
let operator: OperatorProcess;

beforeAll(async () => {
  const kubectl = clusterProgram(cluster, 'kubectl');
  home = await storyNamespace(kubectl, 'operator-home');
  tenant = await storyNamespace(kubectl, 'operator-carries-out');
  operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name] });
});
afterAll(async () => {
  await operator?.stop();
  await tenant?.delete();
  await home?.delete();
});

const apply = (name: string, spec?: object) => tenant.kubectl(['apply', '-f', '-'], { input: liveStream(name, spec) });
const objectsOf = async (name: string) =>
  (await namesOf(tenant.kubectl, OBJECTS)).filter((object) => object.includes(`/${name}-`));

it('makes what a warm stream needs, and says why its pods do not run', async () => {
  await apply('warm', { title: 'Warm' });
  const said = await untilReason(tenant.kubectl, 'warm', 'Degraded', 'ImageUnavailable');
  expect(said).toContain('image');
  expect(await objectsOf('warm')).toEqual(warmObjects('warm'));
  const { status, metadata } = await readStream(tenant.kubectl, 'warm');
  expect(status).toMatchObject({
    observedGeneration: metadata.generation,
    phase: 'Pending',
    ingest: {
      server: 'rtmp://live.example.org/live',
      keyHashes: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    },
  });
  const events = await tenant.kubectl(['events', '--for', 'livestream/warm']);
  expect(events).toContain('StreamKeyMade');
  expect(events).toContain('Degraded');
});

it('gives a cold stream nothing but its key until somebody knocks', async () => {
  await apply('cold', { standby: 'cold', idleAfter: '10s' });
  await tenant.kubectl(['wait', '--for=condition=Ready', 'livestream/cold', '--timeout=15s']);
  expect(await objectsOf('cold')).toEqual(['secret/cold-stream-key']);
  expect(await operator.knock(tenant.name, 'nobody')).toBe(404);
  const knocked = performance.now();
  expect(await operator.knock(tenant.name, 'cold')).toBe(202);
  await eventually('objects', async () => (await objectsOf('cold')).length === warmObjects('cold').length, {
    everyMs: 100,
  });
  expect(performance.now() - knocked).toBeLessThan(3_000);
  await eventually('the pods to go when nobody came', async () => (await objectsOf('cold')).length === 1, {
    timeoutMs: 30_000,
  });
});

it('takes away what a disabled stream does not need, and brings it back', async () => {
  await apply('switched');
  await eventually('objects', async () => (await objectsOf('switched')).length === 6);
  await apply('switched', { enabled: false });
  await eventually(
    'nothing but the key',
    async () => (await objectsOf('switched')).join() === 'secret/switched-stream-key',
  );
  await untilReason(tenant.kubectl, 'switched', 'Disabled', 'AsAsked');
  await apply('switched', { enabled: true });
  await eventually('objects', async () => (await objectsOf('switched')).length === 6);
});

it('mends what somebody deletes or changes', async () => {
  await apply('mended');
  await eventually('objects', async () => (await objectsOf('mended')).length === 6);
  await tenant.kubectl([
    'delete',
    'service/mended-ingest',
    'deployment/mended-transcoder',
    'secret/mended-live-stream',
  ]);
  await tenant.kubectl(['scale', 'deployment/mended-ingest', '--replicas=3']);
  await eventually('everything as it was', async () => {
    const replicas = await tenant.kubectl(['get', 'deployment/mended-ingest', '-o', 'jsonpath={.spec.replicas}']);
    return replicas === '1' && (await objectsOf('mended')).length === 6;
  });
});

it('sees a changed key within seconds, made by itself or named', async () => {
  const hashes = async (name: string) =>
    ((await readStream(tenant.kubectl, name)).status.ingest?.keyHashes ?? []).map(({ sha256 }) => sha256);
  const key = (value: string) => JSON.stringify({ stringData: { streamKey: value } });
  await tenant.kubectl(['create', 'secret', 'generic', 'named-key', '--from-literal=streamKey=first-key-of-the-team']);
  await apply('named', { standby: 'cold', ingest: { keySecretRef: { name: 'named-key' } } });
  await apply('own', { standby: 'cold' });
  for (const [stream, secret] of [
    ['named', 'named-key'],
    ['own', 'own-stream-key'],
  ] as const) {
    await eventually('a key', async () => (await hashes(stream)).length === 1);
    const [before] = await hashes(stream);
    const changed = performance.now();
    await tenant.kubectl(['patch', 'secret', secret, '-p', key('second-key-of-the-team-' + stream)]);
    await eventually('both keys', async () => (await hashes(stream)).length === 2, { everyMs: 100 });
    expect(performance.now() - changed).toBeLessThan(3_000);
    expect((await hashes(stream))[1]).toBe(before);
  }
});

it('writes nothing when nothing happens', async () => {
  await sleep(3_000);
  const kinds = `livestreams,${OBJECTS}`;
  const before = await versionsOf(tenant.kubectl, kinds);
  const [writes, reconciles] = [
    await operator.metric('showrunner_operator_writes_total'),
    await operator.metric('showrunner_operator_reconciles_total'),
  ];
  await sleep(20_000);
  expect(await versionsOf(tenant.kubectl, kinds)).toEqual(before);
  expect(await operator.metric('showrunner_operator_writes_total')).toBe(writes);
  expect((await operator.metric('showrunner_operator_reconciles_total')) - reconciles).toBeLessThan(20);
});

it('starts again without a needless write', async () => {
  const kinds = `livestreams,${OBJECTS}`;
  const before = await versionsOf(tenant.kubectl, kinds);
  await operator.stop();
  operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name] });
  await eventually(
    'all streams to be looked at',
    async () => (await operator.metric('showrunner_operator_reconciles_total')) >= 6,
  );
  await sleep(3_000);
  expect(await operator.metric('showrunner_operator_writes_total')).toBe(0);
  expect(await versionsOf(tenant.kubectl, kinds)).toEqual(before);
});

it('asked for nothing that it has no right to', () => {
  expect(operator.log()).not.toContain('forbidden');
});

it('leaves nothing of a deleted stream', async () => {
  await tenant.kubectl(['delete', 'livestreams', '--all']);
  await eventually(
    'everything to be gone but the Secret of the team',
    async () => (await namesOf(tenant.kubectl, `${OBJECTS},pods`)).join() === 'secret/named-key',
    { timeoutMs: 60_000, everyMs: 500 },
  );
});
