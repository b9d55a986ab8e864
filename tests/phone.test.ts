import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  pushTestPicture,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Page,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

describe('a viewer with a phone', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;
  let page: Page;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    const [key = ''] = await product.applyAll(['ladder'], { transcode: { ladder: '360p' } });
    publisher = pushTestPicture(product.publishUrl(key), { width: 640, height: 480 });
    page = await browser.open(`${product.http}/watch/default/ladder`, {
      width: 360,
      height: 640,
      touch: true,
      initScript: `Object.defineProperty(navigator, 'clipboard', { value: undefined });
        Object.defineProperty(navigator, 'share', { value: undefined });`,
    });
    await untilPlaying(page, 30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  async function wake(): Promise<void> {
    await page.mouse.move(200, 120);
    await page.mouse.move(210, 130);
  }
  /** The elements of which an edge cannot be seen. */
  const hidden = (selector: string) =>
    page.evaluate<string[]>(`[...document.querySelectorAll(${JSON.stringify(selector)})].filter((element) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      const edges = [[left + 1, y], [right - 1, y], [x, top + 1], [x, bottom - 1]];
      return !edges.every((edge) => element.contains(document.elementFromPoint(...edge)));
    }).map((element) => element.getAttribute('aria-label') ?? element.textContent)`);

  it.each([
    [360, 640],
    [320, 568],
    [640, 360],
  ])('sees every control and every quality in %d x %d', async (width, height) => {
    await page.setViewportSize({ width, height });
    await wake();
    expect(await hidden('.player button')).toEqual([]);
    await page.getByRole('button', { name: /^Quality/ }).click();
    expect(await page.getByRole('menuitemradio').count()).toBe(3);
    expect(await hidden('[role=menuitemradio]')).toEqual([]);
    await page.keyboard.press('Escape');
  });

  it('on its side sees a picture as large as the screen, and the rest below it', async () => {
    await page.setViewportSize({ width: 640, height: 360 });
    const player = page.getByRole('region', { name: 'Player', exact: true });
    expect(await player.boundingBox()).toEqual({ x: 0, y: 0, width: 640, height: 360 });
    const home = page.getByRole('link', { name: /^Showrunner/ });
    for (const below of [page.getByRole('heading', { level: 1 }), home]) {
      await below.scrollIntoViewIfNeeded();
      await below.click({ trial: true });
    }
  });

  it('sees as much of the address to share as the screen is wide, and the title above it', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await page.getByRole('button', { name: 'Share' }).click();
    const field = await page.getByRole('textbox', { name: 'Address of this page' }).boundingBox();
    const about = await page.locator('.about').boundingBox();
    if (!field || !about) throw new Error('The address or the title is not shown.');
    expect(field.width).toBe(360 - 2 * field.x);
    expect(field.y).toBeGreaterThan(about.y + about.height);
  });

  it('without an error on the page', () => {
    expect.soft(browser.errors).toEqual([]);
    expect.soft(browser.foreign).toEqual([]);
  });
});
