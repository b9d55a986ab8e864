import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it } from 'vitest';
import {
  checkMediaOf,
  eventually,
  followLive,
  nextPosition,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

describe('a publisher that drops and comes back', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  const publishers: Publisher[] = [];
  const push = () => {
    const publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360 });
    publishers.push(publisher);
    return publisher;
  };
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  it.concurrent(
    'after two seconds stalls no viewer, reloads no page, and goes on with a discontinuity',
    async ({ expect }) => {
      const first = push();
      const reader = await followLive(product.masterUrl(), { keepMedia: true });
      const page = await browser.open(product.watchUrl);
      await untilPlaying(page);
      await sleep(6_000);
      const before = await readPlayer(page);
      const positionBefore = nextPosition(reader.playlist);
      await first.kill();
      await sleep(2_000);
      expect(await product.phase()).toBe('Reconnecting');
      push();
      const after = await eventually(
        'the picture to move again',
        async () => {
          const facts = await readPlayer(page);
          return facts.state === 'playing' && facts.frames > before.frames + 120 ? facts : undefined;
        },
        { timeoutMs: 20_000 },
      );
      expect(after.loadedAt).toBe(before.loadedAt);
      expect.soft(after.stallCount).toBe(before.stallCount);
      await sleep(3_000);
      // It comes back to where it was, not to twice the distance.
      expect((await readPlayer(page)).latencySeconds).toBeLessThan(2);
      await reader.stop();
      expect.soft(reader.violations).toEqual([]);
      const later = reader.playlist.segments.filter(({ sequence }) => sequence >= positionBefore.msn);
      expect(later.filter(({ discontinuity }) => discontinuity).length).toBeGreaterThanOrEqual(1);
      expect(nextPosition(reader.playlist).msn).toBeGreaterThan(positionBefore.msn);
      for (const { problems } of await checkMediaOf(reader)) expect(problems).toEqual([]);
    },
  );

  it.concurrent('does not come back within the grace: the show ends, with ENDLIST', async ({ expect }) => {
    const [key = ''] = await product.applyAll(['brief'], {});
    const publisher = pushTestPicture(product.publishUrl(key), { seconds: 4 });
    publishers.push(publisher);
    const reader = await followLive(product.masterUrl('brief'));
    await publisher.exited;
    expect(
      await eventually('phase Reconnecting or Ended', async () =>
        /Reconnecting|Ended/.test(await product.phase('brief')),
      ),
    ).toBe(true);
    await Promise.race([reader.ended, sleep(30_000)]);
    await eventually('phase Ended', async () => (await product.phase('brief')) === 'Ended');
    expect(reader.playlist.endList).toBe(true);
    expect.soft(reader.violations).toEqual([]);
  });
});
