import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, readPlayer, untilGoesOn, untilPlaying, type Page } from '../support/index.ts';
import { clusterProgram, openStudio, type OnAir, type Platform, type Studio } from './support/index.ts';

/** What becomes of a running show, and of who watches it, when a part of the platform dies or is replaced. */
describe('a show in mid-air', () => {
  const cluster = inject('cluster');
  const kubectl = clusterProgram(cluster, 'kubectl');
  let studio: Studio;
  let platform: Platform;
  let show: OnAir;
  let page: Page;

  beforeAll(async () => {
    studio = await openStudio(cluster, 'faults');
    ({ platform } = studio);
    show = await studio.goOnAir('show');
    page = await studio.watch('show');
    await untilPlaying(page, 30_000);
  });
  afterAll(() => studio?.close());

  const killPods = async (namespace: Platform['home'], selector: string) => {
    await namespace.kubectl(['delete', 'pod', '--selector', selector, '--force', '--grace-period=0']);
  };
  const componentOf = (component: string) => `showrunner.dev/live-stream=show,app.kubernetes.io/component=${component}`;

  it('is guarded against evictions and scale-downs', async () => {
    const budgets = await platform.tenant.kubectl(['get', 'poddisruptionbudget', '--output', 'name']);
    expect(budgets.trim().split('\n')).toHaveLength(2);
    const path = 'jsonpath={.items[*].metadata.annotations.cluster-autoscaler\\.kubernetes\\.io/safe-to-evict}';
    expect(await platform.tenant.kubectl(['get', 'pods', '--output', path])).toBe('false false');
  });

  it('a transcoder pod that is killed is replaced, and the picture goes on without a reload', async () => {
    const before = await platform.pods('show', 'transcoder');
    await killPods(platform.tenant, componentOf('transcoder'));
    await sleep(1_500);
    await untilGoesOn(page);
    expect(await platform.pods('show', 'transcoder')).not.toEqual(before);
    expect((await platform.status('show')).phase).toBe('Live');
  });

  it('an ingest pod that is killed is replaced; who publishes comes back, and the show is the same one', async () => {
    const { startedAt } = await platform.status('show');
    await killPods(platform.tenant, componentOf('ingest'));
    await show.comeBack();
    await untilGoesOn(page);
    await platform.untilPhase('show', 'Live');
    expect((await platform.status('show')).startedAt).toBe(startedAt);
  });

  it('both pods are killed at once, and it is the same show behind a discontinuity', async () => {
    const { startedAt } = await platform.status('show');
    const reader = await studio.follow('show');
    await killPods(platform.tenant, 'showrunner.dev/live-stream=show');
    await show.comeBack();
    await untilGoesOn(page);
    const next = await eventually('the reader to have what comes now', () => reader.leap);
    expect(next.discontinuity).toBe(true);
    expect(reader.playlist.endList).toBe(false);
    await platform.untilPhase('show', 'Live');
    expect((await platform.status('show')).startedAt).toBe(startedAt);
    // An operator that knew nothing of it would have taken the publisher for the first one of another show.
    const told = await platform.tenant.kubectl(['events', '--for', 'livestream/show', '--no-headers']);
    expect(told.match(/ShowStarted/g)).toHaveLength(1);
    expect(told).not.toContain('ShowEnded');
  });

  it('a pod that is to be evicted stays until the show is over', async () => {
    const [pod = ''] = await platform.pods('show', 'ingest');
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } };
    const path = `/api/v1/namespaces/${platform.tenant.name}/pods/${pod}/eviction`;
    await expect(
      kubectl(['create', '--raw', path, '--filename', '-'], { input: JSON.stringify(eviction) }),
    ).rejects.toThrow('disruption budget');
    expect(await platform.pods('show', 'ingest')).toEqual([pod]);
  });

  it('an upgrade of the chart replaces the front door, the edge and the operator, and not a frame is lost', async () => {
    const pods = async () => [await platform.pods('show', 'ingest'), await platform.pods('show', 'transcoder')];
    const before = await pods();
    const player = await readPlayer(page);
    await platform.upgrade({ logLevel: 'debug' });
    await eventually('UpdatePending', () => platform.condition('show', 'UpdatePending'));
    await sleep(2_000);
    const after = await readPlayer(page);
    expect(after.stallCount).toBe(player.stallCount);
    expect(await pods()).toEqual(before);
    expect(await Promise.race([show.publisher.exited, sleep(100)])).toBeUndefined();
  });

  it('newer pods come when the show is over', async () => {
    const before = await platform.pods('show', 'ingest');
    await show.publisher.stop();
    await platform.untilPhase('show', 'Ended', 40_000);
    await eventually(
      'the update',
      async () => {
        const after = await platform.pods('show', 'ingest');
        return after.length === 1 && after[0] !== before[0] && !(await platform.condition('show', 'UpdatePending'));
      },
      { timeoutMs: 40_000 },
    );
    await platform.untilReady('show');
  });
});
