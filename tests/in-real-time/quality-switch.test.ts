import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Page,
  type PlayerFacts,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

async function choose(page: Page, label: RegExp): Promise<void> {
  // The controls fade while nobody moves.
  await page.mouse.move(400, 300);
  await page.mouse.move(420, 320);
  await page.getByRole('button', { name: /^Quality/ }).click();
  await page.getByRole('menuitemradio', { name: label }).click();
}

describe('a viewer changes the quality', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;
  let page: Page;
  let before: PlayerFacts;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    const [key = ''] = await product.applyAll(['ladder'], { transcode: { ladder: '360p' } });
    publisher = pushTestPicture(product.publishUrl(key), { width: 640, height: 480 });
    page = await browser.open(`${product.http}/watch/default/ladder`);
    await untilPlaying(page, 30_000);
    await sleep(4_000);
    before = await readPlayer(page);
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  async function plays(height: number): Promise<void> {
    const start = await eventually(`a picture ${height} lines high`, async () => {
      const facts = await readPlayer(page);
      return facts.height === height && facts.state === 'playing' ? facts : undefined;
    });
    await sleep(3_000);
    const later = await readPlayer(page);
    expect(later.height).toBe(height);
    expect(later.currentTime).toBeGreaterThan(start.currentTime + 2);
    expect.soft(later.stallCount).toBe(before.stallCount);
    expect(later.loadedAt).toBe(before.loadedAt);
  }

  it('by the menu to the smaller one, and playback goes on', async () => {
    await choose(page, /^360p$/);
    await plays(360);
  });

  it('and back to the source', async () => {
    await choose(page, /^Source \(480p\)$/);
    await plays(480);
  });

  it('and to Auto, without an error on the page', async () => {
    await choose(page, /^Auto/);
    await sleep(2_000);
    expect((await readPlayer(page)).state).toBe('playing');
    expect.soft(browser.errors).toEqual([]);
    expect.soft(browser.foreign).toEqual([]);
  });
});
