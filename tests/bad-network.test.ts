import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  pushTestPicture,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

/** Parts come five times a second, and so may questions for them; three times as many is a storm. */
const MOST_PER_SECOND = 15;

describe('between the server and a viewer', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360 });
    await untilPlaying(await browser.open(product.watchUrl), 30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  it('a proxy that answers blocking reloads at once is not stormed with them', async () => {
    const page = await browser.open('about:blank');
    let asked = 0;
    await page.route(/_HLS_msn/, (route) => {
      asked += 1;
      const url = new URL(route.request().url());
      url.search = '';
      return route.continue({ url: url.href });
    });
    await page.goto(product.watchUrl);
    await untilPlaying(page);
    const before = asked;
    await sleep(5_000);
    expect(asked - before).toBeGreaterThan(5);
    expect((asked - before) / 5).toBeLessThan(MOST_PER_SECOND);
  });

  it('a server that takes very long is asked again now and then, not ten times a second', async () => {
    const page = await browser.open('about:blank');
    let asked = 0;
    await page.route(/master\.m3u8/, () => {
      asked += 1;
    });
    await page.goto(product.watchUrl);
    await sleep(20_000);
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThan(5);
  });

  it('a connection that died in silence is opened anew', async () => {
    const page = await browser.open('about:blank');
    await page.clock.install();
    let asked = 0;
    await page.route(/live-streams\/events/, () => {
      asked += 1;
    });
    await page.goto(product.watchUrl);
    await eventually('events to be asked for', () => asked === 1);
    await page.clock.fastForward(30_000);
    expect(asked).toBe(1);
    await page.clock.fastForward(15_000);
    await eventually('events to be asked for again', () => asked === 2);
  });
});
