import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, gatherCrowd, httpGet, pushTestPicture, type Publisher } from '../../support/index.ts';
import { installPlatform, type Platform } from '../support/index.ts';

const VIEWERS = 200;
/** They all run beside the cluster, on its machine. */
const PART_DURATION = '500ms';
const SELECTOR = 'app.kubernetes.io/component=edge';

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
    readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }[];
}

/** What becomes of those who watch when one of the pods goes that answer them. */
describe(`${VIEWERS} viewers behind two edges`, () => {
  let platform: Platform;
  let publisher: Publisher;
  let playlist: string;

  beforeAll(async () => {
    platform = await installPlatform(inject('cluster'), 'edge-killed');
    await platform.apply('show', { transcode: { partDuration: PART_DURATION } });
    await platform.untilReady('show');
    publisher = pushTestPicture(await platform.publishUrl('show'));
    playlist = new URL('source/playlist.m3u8', platform.playlistUrl('show')).href;
    await eventually('media', async () => (await httpGet(playlist)).body.includes('#EXT-X-PART:'), {
      timeoutMs: 30_000,
    });
  });
  afterAll(async () => {
    await publisher?.stop();
    await platform?.uninstall();
  });

  async function readyEdges(): Promise<string[]> {
    const text = await platform.home.kubectl(['get', 'pods', '--selector', SELECTOR, '--output', 'json']);
    return (JSON.parse(text) as PodList).items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ status }) => status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'))
      .map(({ metadata }) => metadata.name);
  }

  it.each([
    ['killed', ['--grace-period=0', '--force']],
    ['asked to end', ['--wait=false']],
  ])(
    'one of them is %s: nothing fails that a second attempt does not mend, and nobody misses a part',
    async (_, how) => {
      const [victim = '', ...others] = await readyEdges();
      expect(others).toHaveLength(1);
      const crowd = gatherCrowd(VIEWERS, playlist);
      await sleep(5_000);
      await platform.home.kubectl(['delete', 'pod', victim, ...how]);
      await eventually(
        'two edges',
        async () => {
          const edges = await readyEdges();
          return edges.length === 2 && !edges.includes(victim);
        },
        { timeoutMs: 60_000, everyMs: 500 },
      );
      await sleep(5_000);
      const report = await crowd.leave();
      expect.soft(report.failures).toEqual([]);
      expect.soft(report.holes).toEqual([]);
      // Ten seconds at two parts a second, on a machine that may stand still.
      expect.soft(report.fewestParts).toBeGreaterThan(10);
      expect.soft(report.mostInterruptions).toBeLessThanOrEqual(2);
    },
  );
});
