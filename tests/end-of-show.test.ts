import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  liveStreamYaml,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  untilState,
  type Page,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

describe('a show ends', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;
  let page: Page;
  let pausedPage: Page;
  const warnings: string[] = [];

  async function open(): Promise<Page> {
    const opened = await browser.open(`${product.http}/watch/default/finale`);
    opened.on('console', (message) => {
      if (message.type() === 'warning') warnings.push(message.text());
    });
    await untilPlaying(opened, 30_000);
    return opened;
  }
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    const key = await product.apply('finale', liveStreamYaml('finale', { ingest: { reconnectGrace: '2s' } }));
    publisher = pushTestPicture(product.publishUrl(key), { width: 640, height: 360 });
    page = await open();
    pausedPage = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  it('and who is live sees its last picture', async () => {
    // Longer than the server keeps, in the end: what is left begins after the beginning.
    await sleep(8_000);
    await pausedPage.keyboard.press('k');
    await untilState(pausedPage, 'paused');
    await sleep(8_000);
    await publisher.stop();
    await untilState(page, 'ended');
  });

  it('and who is paused can still go to what is left of it, up to its end', async () => {
    const { currentTime } = await readPlayer(pausedPage);
    await pausedPage.getByText(/^Ended/).waitFor();
    await pausedPage.keyboard.press('ArrowRight');
    expect((await readPlayer(pausedPage)).currentTime).toBeCloseTo(currentTime + 5, 0);
    await pausedPage.keyboard.press('k');
    await untilState(pausedPage, 'ended');
    expect((await readPlayer(pausedPage)).currentTime).toBeGreaterThan(currentTime + 7);
  });

  it('without a warning or an error on the page', () => {
    expect.soft(warnings).toEqual([]);
    expect.soft(browser.errors).toEqual([]);
    expect.soft(browser.foreign).toEqual([]);
  });
});
