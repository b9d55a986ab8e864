import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
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
} from '../support/index.ts';

const OBJECTS = 'services,deployments';
const cluster = inject('cluster');
let home: StoryNamespace;
let tenant: StoryNamespace;
let poor: StoryNamespace;
let strict: StoryNamespace;
let operator: OperatorProcess;

beforeAll(async () => {
  const kubectl = clusterProgram(cluster, 'kubectl');
  home = await storyNamespace(kubectl, 'operator-home');
  tenant = await storyNamespace(kubectl, 'operator-bad-specs');
  poor = await storyNamespace(kubectl, 'operator-quota');
  strict = await storyNamespace(kubectl, 'operator-limits');
  operator = await startOperator(cluster, {
    namespace: home.name,
    namespaces: [tenant.name, poor.name, strict.name],
    settings: { SHOWRUNNER_MAX_LADDER: '720p' },
  });
});
afterAll(async () => {
  await operator?.stop();
  for (const namespace of [tenant, poor, strict, home]) await namespace?.delete();
});

const apply = (name: string, spec?: object, { kubectl } = tenant) =>
  kubectl(['apply', '-f', '-'], { input: liveStream(name, spec) });
const secret = (name: string, key: string) =>
  tenant.kubectl(['create', 'secret', 'generic', name, `--from-literal=streamKey=${key}`]);
const named = (name: string) => ({ ingest: { keySecretRef: { name } } });
const objectsOf = async (name: string) =>
  (await namesOf(tenant.kubectl, OBJECTS)).filter((object) => object.includes(`/${name}-`));

/** Writes to the API in some seconds. */
async function writesDuring(ms: number): Promise<number> {
  const before = await operator.metric('showrunner_operator_writes_total');
  await sleep(ms);
  return (await operator.metric('showrunner_operator_writes_total')) - before;
}

it('says that a named Secret is missing, and goes on when it comes', async () => {
  await apply('keyless', { standby: 'cold', ...named('later') });
  expect(await untilReason(tenant.kubectl, 'keyless', 'Ready', 'SecretMissing')).toContain('"later"');
  await secret('later', 'a-key-of-good-length-1');
  await tenant.kubectl(['wait', '--for=condition=Ready', 'livestream/keyless', '--timeout=10s']);
});

it('says that a key is too weak', async () => {
  await secret('weak', 'short');
  await apply('weak', named('weak'));
  await untilReason(tenant.kubectl, 'weak', 'Ready', 'KeyTooWeak');
  expect(await objectsOf('weak')).toEqual([]);
});

it('leaves a key to the stream that had it first, and gives it on', async () => {
  await secret('shared', 'a-key-of-good-length-2');
  await apply('early', { standby: 'cold', ...named('shared') });
  await tenant.kubectl(['wait', '--for=condition=Ready', 'livestream/early', '--timeout=10s']);
  await apply('late', { standby: 'cold', ...named('shared') });
  expect(await untilReason(tenant.kubectl, 'late', 'Ready', 'KeyInUse')).toContain('LiveStream "early"');
  await tenant.kubectl(['delete', 'livestream/early']);
  await tenant.kubectl(['wait', '--for=condition=Ready', 'livestream/late', '--timeout=10s']);
});

it('says that a ladder is above the limit', async () => {
  await apply('tall', { transcode: { ladder: '1080p' } });
  expect(await untilReason(tenant.kubectl, 'tall', 'Ready', 'LadderAboveLimit')).toContain('720p');
  expect(await objectsOf('tall')).toEqual([]);
});

it("does not touch somebody else's object that has the name of its own", async () => {
  await tenant.kubectl(['create', 'service', 'clusterip', 'taken-ingest', '--tcp=80']);
  await apply('taken');
  await untilReason(tenant.kubectl, 'taken', 'Ready', 'NameTaken');
  const labels = await tenant.kubectl([
    'get',
    'service/taken-ingest',
    '-o',
    'jsonpath={.metadata.ownerReferences}{.spec.ports[0].port}',
  ]);
  expect(labels).toBe('80');
  // One without a selector, to which nothing of ours is contrary.
  const theirs = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'bare-ingest' },
    spec: { ports: [{ port: 80 }] },
  };
  await tenant.kubectl(['create', '-f', '-'], { input: JSON.stringify(theirs) });
  await apply('bare');
  await untilReason(tenant.kubectl, 'bare', 'Ready', 'NameTaken');
  const adopted = ['get', 'service/bare-ingest', '-o', 'jsonpath={.metadata.ownerReferences}{.spec.selector}'];
  expect(await tenant.kubectl(adopted)).toBe('');
  await tenant.kubectl(['delete', 'service/taken-ingest']);
  await untilReason(tenant.kubectl, 'taken', 'Degraded', 'ImageUnavailable', 40_000);
});

it('says in the words of Kubernetes what it refuses', async () => {
  await apply('refused', { transcode: { pod: { tolerations: [{ operator: 'Never' }] } } });
  expect(await untilReason(tenant.kubectl, 'refused', 'Ready', 'ObjectRefused')).toContain('refused-transcoder');
  await apply('refused', { transcode: { pod: { tolerations: [{ operator: 'Exists' }] } } });
  await untilReason(tenant.kubectl, 'refused', 'Degraded', 'ImageUnavailable');
});

it('says what a quota has no room for, and goes on when it has', async () => {
  const quota = (pods: number) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'small' },
      spec: { hard: { pods: String(pods) } },
    });
  await poor.kubectl(['apply', '-f', '-'], { input: quota(2) });
  await apply('first', {}, poor);
  await untilReason(poor.kubectl, 'first', 'Degraded', 'ImageUnavailable');
  await apply('second', {}, poor);
  expect(await untilReason(poor.kubectl, 'second', 'QuotaExceeded', 'NoRoomInQuota')).toContain('pods');
  await poor.kubectl(['apply', '-f', '-'], { input: quota(4) });
  await untilReason(poor.kubectl, 'second', 'Degraded', 'ImageUnavailable', 60_000);
});

it('says what a quota of objects has no room for, without trying hot', async () => {
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'no-services' },
    spec: { hard: { 'count/services': '0' } },
  };
  await poor.kubectl(['delete', 'livestreams', '--all']);
  await poor.kubectl(['create', '-f', '-'], { input: JSON.stringify(quota) });
  await apply('third', {}, poor);
  await untilReason(poor.kubectl, 'third', 'QuotaExceeded', 'NoRoomInQuota');
  // What can be made is made, and its pods get as far as they can.
  await sleep(8_000);
  expect(await writesDuring(5_000)).toBeLessThan(4);
});

it.each([
  {
    who: 'a LimitRange',
    kind: 'LimitRange',
    spec: { limits: [{ type: 'Container', max: { memory: '64Mi' } }] },
    reason: 'AgainstLimitRange',
    words:
      /^A LimitRange of the namespace keeps the (ingest|transcoder) pod out: maximum memory usage per Container is 64Mi, but limit is \d+Mi\. /,
  },
  {
    who: 'a quota that demands values',
    kind: 'ResourceQuota',
    spec: { hard: { 'limits.cpu': '4' } },
    reason: 'QuotaNeedsValues',
    words: /^ResourceQuota "strict" demands that the (ingest|transcoder) pod states limits\.cpu: /,
  },
])(
  'says what $who keeps out, without trying hot, and goes on when it is gone',
  async ({ kind, spec, reason, words }) => {
    const name = reason.toLowerCase();
    const rule = JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: 'strict' }, spec });
    await strict.kubectl(['create', '-f', '-'], { input: rule });
    // A quota is in force once it is counted.
    if (kind === 'ResourceQuota')
      await strict.kubectl(['wait', '--for=jsonpath={.status.hard}', 'resourcequota/strict']);
    await apply(name, {}, strict);
    expect(await untilReason(strict.kubectl, name, 'QuotaExceeded', reason)).toMatch(words);
    expect(await untilReason(strict.kubectl, name, 'Ready', 'QuotaExceeded')).toMatch(words);
    expect(await writesDuring(5_000)).toBeLessThan(4);
    await strict.kubectl(['delete', kind, 'strict']);
    // Kubernetes tries again by itself, ever less often.
    await untilReason(strict.kubectl, name, 'Degraded', 'ImageUnavailable', 60_000);
    expect((await readStream(strict.kubectl, name)).status?.conditions?.map(({ type }) => type)).not.toContain(
      'QuotaExceeded',
    );
  },
);

it('does not run hot for any of them', async () => {
  await sleep(5_000);
  expect(await writesDuring(10_000)).toBeLessThan(10);
});
