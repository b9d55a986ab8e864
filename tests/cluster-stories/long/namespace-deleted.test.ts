import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, httpGet, pushTestPicture, type HlsReader } from '../../support/index.ts';
import {
  clusterProgram,
  metricIn,
  openStudio,
  RELEASE,
  type OnAir,
  type Platform,
  type Studio,
  type Tenant,
} from '../support/index.ts';

const OPS_PORT = 9090;
const QUIET_MS = 10_000;
const WATCHED_MS = 5_000;
/** Longer than kubectl itself waits. */
const ROLLOUT = { timeoutMs: 100_000 };

const cluster = inject('cluster');
const kubectl = clusterProgram(cluster, 'kubectl');

describe("a tenant's namespace that is deleted in mid-show", () => {
  let studio: Studio;
  let platform: Platform;
  let tenant: Tenant;
  let show: OnAir;
  let neighbour: OnAir;
  /** Of the neighbour's show. */
  let reader: HlsReader;
  let url: string;

  beforeAll(async () => {
    // Kubernetes comes back to a namespace with pods that are ending after half of the time that they may take.
    const values = { streams: { drainSeconds: 10 } };
    studio = await openStudio(cluster, 'namespace-deleted', { tenants: 2, values });
    ({ platform } = studio);
    tenant = platform.neighbours[0]!;
    // Of the same name, so that what names a stream by that alone mixes them up.
    show = await studio.goOnAir('show', { tenant, spec: { ingest: { reconnectGrace: '2s' } } });
    neighbour = await studio.goOnAir('show');
    reader = await studio.follow('show');
    url = await tenant.publishUrl('show');
  });
  afterAll(() => studio?.close());

  const isThere = async (name: string) =>
    (await kubectl(['get', 'namespace', name, '--ignore-not-found', '--output', 'name'])) !== '';

  async function operator(): Promise<{ name: string; restarts: number; metric(name: string): Promise<number> }> {
    const labels = 'app.kubernetes.io/component=operator';
    const path = 'jsonpath={.items[0].metadata.name} {.items[0].status.containerStatuses[0].restartCount}';
    const said = await platform.home.kubectl(['get', 'pods', '--selector', labels, '--output', path]);
    const [name = '', restarts] = said.split(' ');
    return {
      name,
      restarts: Number(restarts),
      metric: async (metric) => {
        const raw = `/api/v1/namespaces/${platform.home.name}/pods/${name}:${OPS_PORT}/proxy/metrics`;
        return metricIn(await kubectl(['get', '--raw', raw]), metric);
      },
    };
  }

  it('lets its publisher go, and nothing of it is left', async () => {
    await kubectl(['delete', 'namespace', tenant.tenant.name, '--wait=false']);
    const exit = await Promise.race([show.publisher.exited, sleep(30_000)]);
    expect(exit).toMatchObject({ code: expect.any(Number) as number });
    expect(exit).not.toMatchObject({ code: 0 });
    await eventually('the namespace to be gone', async () => !(await isThere(tenant.tenant.name)), {
      timeoutMs: 90_000,
      everyMs: 500,
    });
    const again = await pushTestPicture(url, { seconds: 2 }).exited;
    expect(again.code).not.toBe(0);
    await eventually('viewers to be told', async () => (await httpGet(tenant.playlistUrl('show'))).status === 404);
    const { body } = await httpGet(`${platform.webUrl}/api/v1/live-streams`);
    const { items } = JSON.parse(body.toString()) as { items: { namespace: string }[] };
    expect(items.map(({ namespace }) => namespace)).toEqual([platform.tenant.name]);
  });

  it("leaves the neighbour's show alone", async () => {
    expect((await platform.status('show')).phase).toBe('Live');
    expect(await Promise.race([neighbour.publisher.exited, sleep(100)])).toBeUndefined();
    expect(reader.violations).toEqual([]);
    expect(reader.leap).toBeUndefined();
  });

  it('keeps no operator busy', async () => {
    const before = await operator();
    expect(before.restarts).toBe(0);
    const count = async (name: string) => (await operator()).metric(`showrunner_operator_${name}`);
    const [reconciles, writes] = [await count('reconciles_total'), await count('writes_total')];
    await sleep(QUIET_MS);
    expect((await count('reconciles_total')) - reconciles).toBeLessThan(10);
    expect(await count('writes_total')).toBe(writes);
    expect([await count('failing'), await count('queue_depth')]).toEqual([0, 0]);
    // It may say now and then that it cannot see the namespace any more.
    const log = await platform.home.kubectl(['logs', before.name, `--since=${QUIET_MS / 1_000}s`]);
    expect(log.split('\n').length).toBeLessThan(20);
    expect(await operator()).toMatchObject({ name: before.name, restarts: 0 });
  });

  it('keeps no front door and no page of the neighbour from starting anew', async () => {
    await neighbour.publisher.stop();
    const names = ['front-door', 'web'].map((component) => `deployment/${RELEASE}-showrunner-${component}`);
    await platform.home.kubectl(['rollout', 'restart', ...names]);
    for (const name of names) await platform.home.kubectl(['rollout', 'status', name, '--timeout=90s'], ROLLOUT);
    await studio.goOnAir('afterwards');
    const page = await httpGet(`${platform.webUrl}/api/v1/live-streams/${platform.tenant.name}/afterwards`);
    expect(page.status).toBe(200);
    const watched = await studio.follow('afterwards');
    await sleep(WATCHED_MS);
    expect(watched.violations).toEqual([]);
    expect((await platform.status('afterwards')).phase).toBe('Live');
  });

  it('is served again once it is made anew and the release is upgraded', async () => {
    await kubectl(['create', 'namespace', tenant.tenant.name]);
    await platform.upgrade({});
    await tenant.apply('show');
    await eventually('it to be Ready', () => tenant.untilReady('show').then(() => true), { timeoutMs: 90_000 });
    const key = await tenant.publishUrl('show');
    // Front doors hear of a namespace that they may read again within four seconds; OBS tries again all the while.
    const another = await eventually('its publisher to be let in', async () => {
      const publisher = pushTestPicture(key, { seconds: 20 });
      const refused = await Promise.race([publisher.exited, sleep(3_000)]);
      return refused ? undefined : publisher;
    });
    await eventually('media', async () => (await httpGet(tenant.playlistUrl('show'))).status === 200);
    await another.stop();
  });
});
