import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  type ApiProxy,
  type OperatorProcess,
  type ProxiedRequest,
  type StoryNamespace,
  clusterProgram,
  liveStream,
  namesOf,
  readStream,
  startApiProxy,
  startOperator,
  storyNamespace,
  versionsOf,
} from '../support/index.ts';

const KINDS = 'secrets,services,deployments,poddisruptionbudgets';
const STREAMS = ['first', 'second', 'third'];
/** Two Secrets, two Services, two Deployments. */
const OBJECTS_OF_ONE = 6;
const WRITES = 'showrunner_operator_writes_total';
/** On no node: what is told here needs no pods, and those that cannot start would change all the time. */
const NOWHERE = { pod: { nodeSelector: { 'showrunner.dev/nowhere': 'yes' } } };

const cluster = inject('cluster');
let home: StoryNamespace;
let tenant: StoryNamespace;
let proxy: ApiProxy;
let operator: OperatorProcess;
/** How many watches it needs. */
let watches: number;

const apply = (name: string) =>
  tenant.kubectl(['apply', '-f', '-'], { input: liveStream(name, { ingest: NOWHERE, transcode: NOWHERE }) });
const objectsOf = async (name: string) =>
  (await namesOf(tenant.kubectl, KINDS)).filter((object) => object.includes(`/${name}-`));

/** All of a stream is there, and its status says what stands in the spec. */
async function untilCarriedOut(name: string): Promise<void> {
  await eventually(
    `${name} to be carried out`,
    async () => {
      const { status, metadata } = await readStream(tenant.kubectl, name);
      const said = status.conditions?.find(({ type }) => type === 'IngestReady')?.reason;
      return (
        status.observedGeneration === metadata.generation &&
        said === 'Unschedulable' &&
        (await objectsOf(name)).length === OBJECTS_OF_ONE
      );
    },
    { timeoutMs: 30_000, everyMs: 250 },
  );
}

/** Versions of all that belongs to the streams that nobody touches. */
async function untouched(): Promise<Record<string, string>> {
  const versions = Object.entries(await versionsOf(tenant.kubectl, `livestreams,${KINDS}`));
  return Object.fromEntries(versions.filter(([name]) => STREAMS.some((stream) => name.includes(`/${stream}`))));
}

/** Requests by what they ask for, since a moment. */
function since(at: number, which: (request: ProxiedRequest) => boolean): Map<string, ProxiedRequest[]> {
  return Map.groupBy(
    proxy.requests.filter((request) => request.at >= at && which(request)),
    ({ method, path, selector }) => `${method} ${path} ${selector}`,
  );
}

beforeAll(async () => {
  const kubectl = clusterProgram(cluster, 'kubectl');
  home = await storyNamespace(kubectl, 'operator-home');
  tenant = await storyNamespace(kubectl, 'operator-cut-off');
  proxy = await startApiProxy(cluster);
  operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name], server: proxy.url });
  for (const name of STREAMS) await apply(name);
  for (const name of STREAMS) await untilCarriedOut(name);
  ({ watches } = proxy);
});
afterEach(() => proxy.refuse());
afterAll(async () => {
  await operator?.stop();
  await proxy?.close();
  await tenant?.delete();
  await home?.delete();
});

it('whose watches are cut goes on from where they were', async () => {
  const before = await untouched();
  for (let times = 1; times <= 3; times++) {
    const cutAt = performance.now();
    const cut = proxy.cutWatches();
    expect(cut).toBeGreaterThan(5);
    await apply(`after-cut-${times}`);
    await untilCarriedOut(`after-cut-${times}`);
    // One new watch for each, and what is known is not asked for again.
    expect([...since(cutAt, ({ kind }) => kind === 'list').keys()]).toEqual([]);
    expect([...since(cutAt, ({ kind }) => kind === 'watch').values()].flat().length).toBeLessThanOrEqual(2 * cut);
  }
  expect(await untouched()).toEqual(before);
});

it('that is told to ask later does so, and then does each thing once', async () => {
  const before = await untouched();
  const writes = await operator.metric(WRITES, 'code="ok"');
  const began = performance.now();
  proxy.refuse(() => ({ status: 429, retryAfterSeconds: 1 }));
  // Half of it finds no watch that would tell of the stream.
  proxy.cutWatches();
  await apply('while-throttled');
  await sleep(6_000);
  const refused = since(began, ({ refused }) => refused !== undefined);
  expect(refused.size).toBeGreaterThan(5);
  for (const [what, requests] of refused) {
    const pauses = requests.slice(1).map(({ at }, i) => at - requests[i]!.at);
    expect([what, Math.min(...pauses, 1_000) >= 950]).toEqual([what, true]);
  }
  proxy.refuse();
  await untilCarriedOut('while-throttled');
  await sleep(2_000);
  // Its objects, and its status on the way to where it is now.
  const written = (await operator.metric(WRITES, 'code="ok"')) - writes;
  expect(written).toBeGreaterThan(OBJECTS_OF_ONE);
  expect(written).toBeLessThanOrEqual(OBJECTS_OF_ONE + 5);
  expect(await untouched()).toEqual(before);
});

it.each([
  ['in place of a watch', { status: 410 } as const],
  ['as the first event of one', { status: 410, asEvent: true } as const],
])('that is told %s that its place is forgotten lists anew, and sees what went meanwhile', async (_how, gone) => {
  const before = await untouched();
  await apply('lives-on');
  await untilCarriedOut('lives-on');
  const began = performance.now();
  proxy.refuse(({ kind }) => (kind === 'watch' ? gone : undefined));
  proxy.cutWatches();
  await tenant.kubectl(['delete', 'service/lives-on-ingest', 'deployment/lives-on-transcoder']);
  await sleep(6_000);
  for (const [what, lists] of since(began, ({ kind }) => kind === 'list')) {
    // Each pause is twice the last one.
    expect([what, lists.length <= 10]).toEqual([what, true]);
  }
  proxy.refuse();
  await untilCarriedOut('lives-on');
  await tenant.kubectl(['delete', 'livestream/lives-on']);
  await eventually('nothing to be left of it', async () => (await objectsOf('lives-on')).length === 0, {
    timeoutMs: 30_000,
  });
  expect(await untouched()).toEqual(before);
});

it('is quiet again afterwards', async () => {
  // Those of which nothing was heard meanwhile still wait for their next attempt.
  await eventually('every watch to be open', () => proxy.watches === watches, { timeoutMs: 40_000 });
  await sleep(3_000);
  const [began, writes] = [performance.now(), await operator.metric(WRITES)];
  await sleep(5_000);
  const lease = /\/leases\//;
  expect([...since(began, ({ path }) => !lease.test(path)).keys()]).toEqual([]);
  expect(await operator.metric(WRITES)).toBe(writes);
  expect(operator.log()).not.toContain('forbidden');
});
