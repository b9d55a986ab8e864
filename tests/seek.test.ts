import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
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

const TO_LIVE_MS = 3_000;

describe('a viewer goes back in a live show', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;
  let page: Page;
  /** Pauses at the beginning, for longer than the show can be wound back. */
  let latePage: Page;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360 });
    latePage = await browser.open(product.watchUrl);
    await untilPlaying(latePage, 30_000);
    await latePage.keyboard.press('k');
    await untilState(latePage, 'paused');
    // The server keeps 14 s.
    await sleep(16_000);
    page = await browser.open(product.watchUrl);
    await untilPlaying(page, 30_000);
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  const slider = (on = page) => on.getByRole('slider', { name: 'Position in the show' });
  const valueText = (on = page) => slider(on).getAttribute('aria-valuetext');
  const isLive = (on = page) => on.getByRole('button', { name: 'You are live' }).count();
  async function wake(): Promise<void> {
    await page.mouse.move(400, 300);
    await page.mouse.move(420, 320);
  }
  async function untilLive(on = page): Promise<void> {
    await eventually('the live edge', async () => (await readPlayer(on)).latencySeconds < 2 && isLive(on), {
      timeoutMs: TO_LIVE_MS,
    });
    expect(await valueText(on)).toBe('Live');
  }
  /** Plays on for some seconds where it is. */
  async function staysAt(latency: number): Promise<void> {
    const from = await untilPlaying(page);
    await sleep(4_000);
    const to = await readPlayer(page);
    expect(Math.abs(to.latencySeconds - latency)).toBeLessThan(1.5);
    expect(to.playbackRate).toBe(1);
    expect(to.stallCount).toBe(from.stallCount);
    expect(await isLive()).toBe(0);
  }

  it('sees that it is live, and how far back one can go', async () => {
    await wake();
    expect(await valueText()).toBe('Live');
    expect(Number(await slider().getAttribute('aria-valuemin'))).toBeLessThan(-10);
  });

  it('goes back with the keyboard into what was not yet fetched, and is not pulled forward', async () => {
    // Who has just come has fetched the last seconds only.
    await page.reload({ waitUntil: 'domcontentloaded' });
    await untilPlaying(page);
    await slider().focus();
    const fetchedFrom = await page.evaluate<number>(`document.querySelector('video').buffered.start(0)`);
    await page.keyboard.press('ArrowLeft');
    // Far from the oldest moment: whoever stalls there for a moment, on a busy machine, would lose it.
    await eventually('a place behind', async () => /^[5-8] seconds behind live$/.test((await valueText()) ?? ''));
    const { currentTime, latencySeconds } = await readPlayer(page);
    expect(currentTime).toBeLessThan(fetchedFrom);
    await staysAt(latencySeconds);
  });

  async function goLive(): Promise<void> {
    await wake();
    await page.getByRole('button', { name: /^Go live/ }).click({ timeout: TO_LIVE_MS });
    await untilLive();
  }
  it('goes back to live with the button', goLive);

  it('goes back with the pointer, and to live by dragging to the end', async () => {
    await wake();
    const box = await slider().boundingBox();
    if (!box) throw new Error('The seek bar is not shown.');
    const y = box.y + box.height / 2;
    await page.mouse.click(box.x + box.width / 2, y);
    expect(await valueText()).toMatch(/^[6-9] seconds behind live$/);
    await staysAt((await readPlayer(page)).latencySeconds);
    await wake();
    await page.mouse.move(box.x + box.width / 2, y);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, y);
    await page.mouse.move(box.x + box.width + 40, y);
    await page.mouse.up();
    await untilLive();
  });

  it('pauses and goes on at the same picture', async () => {
    await page.keyboard.press('k');
    const paused = await untilState(page, 'paused');
    expect(await isLive()).toBe(0);
    await sleep(5_000);
    await page.keyboard.press('k');
    const later = await untilPlaying(page);
    expect(later.currentTime - paused.currentTime).toBeLessThan(4);
    await staysAt(later.latencySeconds);
  });

  it('pauses for longer than the show can be wound back, and is told why it is live again', async () => {
    expect((await readPlayer(latePage)).state).toBe('paused');
    await latePage.keyboard.press('k');
    await latePage.getByText('That moment is gone. You are live again.').waitFor({ timeout: 3_000 });
    await untilPlaying(latePage);
    await untilLive(latePage);
  });

  it('pauses for a moment and stays live', async () => {
    if (!(await isLive())) await goLive();
    await page.mouse.dblclick(600, 300);
    await sleep(1_000);
    await untilLive();
    await page.evaluate('document.exitFullscreen()');
  });

  it('scrolls the page with the arrow keys while the player has not the focus', async () => {
    const volume = () => page.evaluate<number>(`document.querySelector('video').volume`);
    await page.evaluate('document.activeElement.blur()');
    await page.keyboard.press('ArrowDown');
    expect(await volume()).toBe(1);
    await page.getByRole('region', { name: 'Player', exact: true }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await volume()).toBeCloseTo(0.9, 5);
  });

  it('without an error on the page', () => {
    expect.soft(browser.errors).toEqual([]);
    expect.soft(browser.foreign).toEqual([]);
  });
});
