import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  eventually,
  pushTestPicture,
  readPlayer,
  startBrowser,
  untilPlaying,
  type Page,
  type Publisher,
  type StoryBrowser,
} from '../support/index.ts';
import { clusterProgram, installPlatform, type Platform } from './support/index.ts';

/** What becomes of a running show, and of who watches it, when a part of the platform dies or is replaced. */
describe('a show in mid-air', () => {
  const cluster = inject('cluster');
  const kubectl = clusterProgram(cluster, 'kubectl');
  let platform: Platform;
  let browser: StoryBrowser;
  let page: Page;
  let publisher: Publisher;

  beforeAll(async () => {
    platform = await installPlatform(cluster, 'faults');
    browser = await startBrowser('no-user-gesture-required', new URL(platform.webUrl).hostname);
    await platform.apply('show');
    await platform.untilReady('show');
    page = await browser.open(platform.watchUrl('show'));
    publisher = pushTestPicture(await platform.publishUrl('show'));
    await untilPlaying(page, 30_000);
    await platform.untilPhase('show', 'Live');
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.stop();
    await platform?.uninstall();
  });

  /** The picture goes on by itself, on the page as it was. */
  async function untilGoesOn(timeoutMs = 40_000): Promise<void> {
    const { loadedAt } = await readPlayer(page);
    await untilPlaying(page, timeoutMs);
    expect((await readPlayer(page)).loadedAt).toBe(loadedAt);
  }
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
    await untilGoesOn();
    expect(await platform.pods('show', 'transcoder')).not.toEqual(before);
    expect((await platform.status('show')).phase).toBe('Live');
  });

  it('an ingest pod that is killed is replaced; who publishes comes back, and the show is the same one', async () => {
    const { startedAt } = await platform.status('show');
    await killPods(platform.tenant, componentOf('ingest'));
    await publisher.exited;
    // As OBS does two seconds later, again and again.
    publisher = await eventually(
      'the publisher to be let in again',
      async () => {
        const another = pushTestPicture(await platform.publishUrl('show'));
        const refused = await Promise.race([another.exited, sleep(3_000)]);
        if (refused) throw new Error(another.stderr().slice(-300));
        return another;
      },
      { timeoutMs: 40_000, everyMs: 500 },
    );
    await untilGoesOn();
    await platform.untilPhase('show', 'Live');
    expect((await platform.status('show')).startedAt).toBe(startedAt);
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
    expect(await Promise.race([publisher.exited, sleep(100)])).toBeUndefined();
  });

  it('newer pods come when the show is over', async () => {
    const before = await platform.pods('show', 'ingest');
    await publisher.stop();
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
