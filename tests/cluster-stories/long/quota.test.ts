import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { LiveStream } from '@showrunner/crds';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import {
  clusterProgram,
  liveStream,
  ON_SIMULATED_NODES,
  readStreams,
  simulatedNodes,
  startOperator,
  storyNamespace,
  untilReason,
  versionsOf,
  type OperatorProcess,
  type SimulatedNodes,
  type StoryNamespace,
} from '../support/index.ts';

const STREAMS = 50;
const ROOM = 20;
/** Ingest and transcoder. */
const PODS = 2;
const BUILD_MS = 900_000;
const IDLE_MS = 20_000;
const EVERYTHING = 'livestreams,deployments,replicasets,pods,services,secrets,resourcequotas';
const SETTLED = { timeoutMs: 120_000, everyMs: 500 };

const cluster = inject('cluster');

/** A tenant that wants more than its quota has room for. The pods are on simulated nodes: they count, and nothing runs. */
describe.skipIf(!cluster.isOwn)(`${STREAMS} LiveStreams where there is room for ${ROOM}`, () => {
  const kubectl = clusterProgram(cluster, 'kubectl');
  let nodes: SimulatedNodes;
  let home: StoryNamespace;
  let tenant: StoryNamespace;
  let operator: OperatorProcess;

  beforeAll(async () => {
    nodes = await simulatedNodes(kubectl, 1);
    home = await storyNamespace(kubectl, 'operator-home');
    tenant = await storyNamespace(kubectl, 'quota');
    await setRoom(ROOM);
    operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name] });
  }, BUILD_MS);
  afterAll(async () => {
    await operator?.stop();
    await tenant?.kubectl(['delete', 'livestreams', '--all']);
    await tenant?.kubectl(['delete', 'pods', '--all', '--timeout=60s'], { timeoutMs: 70_000 });
    await Promise.all([tenant, home].map((namespace) => namespace?.delete()));
    await nodes?.remove();
  });

  const setRoom = (streams: number) =>
    tenant.kubectl(['apply', '--filename', '-'], {
      input: JSON.stringify({
        ...{ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'room' } },
        spec: { hard: { pods: String(PODS * streams) } },
      }),
    });
  const reasonOf = (stream: LiveStream, type: string) =>
    stream.status.conditions?.find((condition) => condition.type === type && condition.status !== 'Unknown')?.reason;
  const namesWith = (streams: LiveStream[], type: string, reason: string) =>
    streams.filter((stream) => reasonOf(stream, type) === reason).map(({ metadata }) => metadata.name);

  /** So many are ready with both of their pods, and all others say that there is no room for them. */
  const untilReady = (ready: number) =>
    eventually(
      `${ready} to be ready and all others to wait`,
      async () => {
        const streams = await readStreams(tenant.kubectl);
        const welcome = namesWith(streams, 'Ready', 'PublisherWelcome');
        const waiting = namesWith(streams, 'Ready', 'QuotaExceeded');
        const told = namesWith(streams, 'QuotaExceeded', 'NoRoomInQuota');
        const path = 'jsonpath={.items[*].metadata.labels.showrunner\\.dev/live-stream}';
        const pods = (await tenant.kubectl(['get', 'pods', '--output', path])).split(' ').sort();
        const pairs = welcome.flatMap((name) => Array<string>(PODS).fill(name)).sort();
        if (welcome.length === ready && waiting.length === streams.length - ready && pods.join() === pairs.join()) {
          expect(told.sort()).toEqual(waiting.sort());
          return { welcome, waiting };
        }
        throw new Error(`${welcome.length} ready, ${waiting.length} waiting, ${pods.length} pods`);
      },
      SETTLED,
    );

  it(`${ROOM} of them get ready, and the others say in words what there is no room for`, async () => {
    const spec = { ingest: { pod: ON_SIMULATED_NODES }, transcode: { pod: ON_SIMULATED_NODES } };
    const names = Array.from({ length: STREAMS }, (_, index) => `show-${index}`);
    await tenant.kubectl(['create', '--filename', '-'], {
      input: names.map((name) => liveStream(name, spec)).join('\n'),
    });
    const { waiting } = await untilReady(ROOM);
    const [one = ''] = waiting;
    expect(await untilReason(tenant.kubectl, one, 'QuotaExceeded', 'NoRoomInQuota')).toMatch(
      /^ResourceQuota "room" has no room for the (ingest|transcoder) pod: it needs 1 of pods, and (39|40) of 40 are used\.$/,
    );
    const told = await tenant.kubectl([
      'get',
      'events',
      '--field-selector',
      'reason=QuotaExceeded',
      '--output',
      'json',
    ]);
    const { items } = JSON.parse(told) as { items: { type: string; involvedObject: { name: string } }[] };
    const warned = new Set(
      items.filter(({ type }) => type === 'Warning').map(({ involvedObject }) => involvedObject.name),
    );
    expect(waiting.filter((name) => !warned.has(name))).toEqual([]);
  });

  it('nothing is written while nothing changes', async () => {
    // Of Kubernetes' own Events the last may be on their way for long.
    const own = ['get', 'events', '--field-selector', 'source=showrunner-operator'];
    const snapshot = async () => ({
      versions: await versionsOf(tenant.kubectl, EVERYTHING),
      events: await tenant.kubectl([...own, '--output', 'jsonpath={.items[*].metadata.resourceVersion}']),
      writes: await operator.metric('showrunner_operator_writes_total'),
    });
    // An attempt that came to nothing gives back what it has after three seconds.
    const before = await eventually(
      'the last attempt to be over',
      async () => {
        const earlier = await snapshot();
        await sleep(5_000);
        const now = await snapshot();
        return isDeepStrictEqual(now, earlier) ? now : undefined;
      },
      SETTLED,
    );
    await sleep(IDLE_MS);
    expect(await snapshot()).toEqual(before);
  });

  it('others take the places of those that are deleted', async () => {
    const { welcome, waiting } = await untilReady(ROOM);
    const gone = welcome.slice(0, 5);
    await tenant.kubectl(['delete', 'livestreams', ...gone]);
    const after = await untilReady(ROOM);
    expect(after.welcome.filter((name) => waiting.includes(name))).toHaveLength(gone.length);
    expect(welcome.filter((name) => !gone.includes(name) && !after.welcome.includes(name))).toEqual([]);
  });

  it('a larger quota is filled, and an operator that starts anew leaves all as it is', async () => {
    await setRoom(ROOM + 5);
    const { welcome } = await untilReady(ROOM + 5);
    await operator.stop();
    operator = await startOperator(cluster, { namespace: home.name, namespaces: [tenant.name] });
    await eventually('it to lead', async () => (await operator.metric('showrunner_operator_leader')) === 1, SETTLED);
    // The first in line sees whether there is room by now.
    await sleep(8_000);
    expect((await untilReady(ROOM + 5)).welcome.sort()).toEqual(welcome.sort());
  });
});
