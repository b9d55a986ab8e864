import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually, httpGet, pushTestPicture, type HlsReader } from '../../support/index.ts';
import { controlPlane, openStudio, type OnAir, type Platform, type Studio } from '../support/index.ts';

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: { readonly containerStatuses?: readonly { ready: boolean; restartCount: number }[] };
  }[];
}

const cluster = inject('cluster');

describe.skipIf(!cluster.isOwn)(
  'a show while the control plane is away (only that of our own cluster is stopped)',
  () => {
    const plane = cluster.isOwn ? controlPlane(cluster) : undefined;
    let studio: Studio;
    let platform: Platform;
    let show: OnAir;
    /** Plain HLS, from beginning to end. */
    let reader: HlsReader;

    beforeAll(async () => {
      studio = await openStudio(cluster, 'control-plane-away');
      ({ platform } = studio);
      show = await studio.goOnAir('show');
      reader = await studio.follow('show', { mode: 'plain' });
    });
    afterAll(async () => {
      // Whatever became of the story: others need it.
      await plane?.start();
      await studio?.close();
    });

    /** Each of Showrunner's own pods, ready and not started anew. */
    async function homePods(): Promise<Record<string, number>> {
      const { items } = JSON.parse(await platform.home.kubectl(['get', 'pods', '--output', 'json'])) as PodList;
      const pods = items.map(({ metadata, status: { containerStatuses = [] } }) => {
        if (!containerStatuses.every(({ ready }) => ready)) throw new Error(`${metadata.name} is not ready`);
        return [metadata.name, containerStatuses.reduce((sum, { restartCount }) => sum + restartCount, 0)] as const;
      });
      return Object.fromEntries(pods);
    }

    async function listed(): Promise<string[]> {
      const { status, body } = await httpGet(`${platform.webUrl}/api/v1/live-streams`);
      expect(status).toBe(200);
      return (JSON.parse(body.toString()) as { items: { name: string }[] }).items.map(({ name }) => name);
    }

    it.each([
      ['the API server is killed and comes back', 'kube-apiserver', 3_000],
      ['etcd is killed and comes back after ten seconds', 'etcd', 10_000],
    ] as const)('%s: the show goes on, and who is new is let in right after', async (_what, part, awayMs) => {
      const { startedAt } = await platform.status('show');
      const pods = await eventually('all pods to be ready', homePods);
      const [waiting, late] = [`waiting-${part}`, `late-${part}`];
      await platform.apply(waiting);
      await platform.untilReady(waiting);
      const waitingUrl = await platform.publishUrl(waiting);
      await eventually('the API to list it', async () => (await listed()).includes(waiting));

      const began = performance.now();
      await plane!.kill(part);
      // What is known goes on to be true: pages are answered, and who has a key is let in.
      expect(await listed()).toContain(waiting);
      const meanwhile = pushTestPicture(waitingUrl);
      await eventually('media of it', async () => (await httpGet(platform.playlistUrl(waiting))).status === 200);
      await sleep(Math.max(0, awayMs - (performance.now() - began)));
      await plane!.start();

      await platform.untilPhase(waiting, 'Live', 40_000);
      const after = await studio.goOnAir(late);
      expect((await httpGet(platform.playlistUrl(late))).status).toBe(200);
      await eventually('the API to list it', async () => (await listed()).includes(late));
      expect(await eventually('all pods to be ready', homePods)).toEqual(pods);
      await Promise.all([meanwhile.stop(), after.publisher.stop()]);

      expect(await platform.status('show')).toMatchObject({ phase: 'Live', startedAt });
      expect(await Promise.race([show.publisher.exited, sleep(100)])).toBeUndefined();
      expect(reader.violations).toEqual([]);
      expect(reader.leap).toBeUndefined();
      expect(reader.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
      // Players of plain HLS are three target durations behind.
      expect(Math.max(...reader.lateness())).toBeLessThan(3_000 * reader.playlist.targetDuration!);
    });
  },
);
