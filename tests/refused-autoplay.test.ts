import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Page,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

/** Refuses to play at all until the viewer has acted, as browsers do that save data or are told to. */
const REFUSE_ALL = `{
  const { play } = HTMLMediaElement.prototype;
  let acted = false;
  for (const event of ['pointerdown', 'keydown']) addEventListener(event, () => (acted = true), true);
  HTMLMediaElement.prototype.play = function () {
    if (acted) return play.call(this);
    return Promise.reject(new DOMException('The user did not interact with the document first.', 'NotAllowedError'));
  };
}`;

const UNREAD_MS = 4_000;

describe('a browser that plays only after the viewer has acted', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser('document-user-activation-required');
    publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360 });
    // On air before the page is opened: nothing but the viewer keeps it from playing.
    await untilPlaying(await browser.open(product.watchUrl), 30_000);
    await browser.closePages();
  });
  afterEach(() => browser.closePages());
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  const muted = (page: Page) => page.evaluate<boolean>(`document.querySelector('video').muted`);

  it('refuses sound: the picture plays in silence, and a button brings the sound', async () => {
    const page = await browser.open(product.watchUrl);
    // Whoever reads something from the page counts as a viewer who acted.
    await sleep(UNREAD_MS);
    expect(await muted(page)).toBe(true);
    await untilPlaying(page);
    const unmute = page.getByRole('button', { name: 'Unmute', exact: true });
    const [button, picture] = [await unmute.boundingBox(), await page.locator('video').boundingBox()];
    // The clock of a test picture is at the top left.
    expect(button?.x).toBeGreaterThan(picture!.x + picture!.width / 2);
    await unmute.focus();
    await page.keyboard.press('Enter');
    expect(await muted(page)).toBe(false);
    expect(await unmute.count()).toBe(0);
    await untilPlaying(page);
    // The button is gone; the keyboard is still in the player.
    expect(await page.evaluate(`document.activeElement.getAttribute('aria-label')`)).toBe('Player');
  });

  it('refuses all: a large button plays, at the live edge and with sound', async () => {
    const page = await browser.open(product.watchUrl, { initScript: REFUSE_ALL, width: 375, height: 740, touch: true });
    const play = page.getByRole('button', { name: 'Play', exact: true });
    await play.waitFor({ timeout: 10_000 });
    const box = await play.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
    await sleep(12_000);
    expect((await readPlayer(page)).frames).toBeLessThan(10);
    await play.tap();
    await untilPlaying(page);
    await eventually('the live edge', async () => (await readPlayer(page)).latencySeconds < 1.5, { timeoutMs: 3_000 });
    expect(await muted(page)).toBe(false);
    expect(await play.count()).toBe(0);
  });

  it('goes on in a small window of its own', async () => {
    const page = await browser.open(product.watchUrl);
    await untilPlaying(page);
    await page.mouse.click(320, 20);
    await page.mouse.move(400, 300);
    await page.mouse.move(420, 320);
    const button = page.getByRole('button', { name: 'Picture in picture' });
    const isInWindow = () => page.evaluate<boolean>('document.pictureInPictureElement !== null');
    await button.click();
    await eventually('the small window', () => isInWindow(), { timeoutMs: 5_000 });
    expect(await button.getAttribute('aria-pressed')).toBe('true');
    await untilPlaying(page);
    // The controls have faded meanwhile where the picture took its time.
    await page.mouse.move(400, 300);
    await page.mouse.move(420, 320);
    await button.click();
    await eventually('no small window', async () => !(await isInWindow()), { timeoutMs: 5_000 });
  });

  it('without an error on the page', () => {
    expect.soft(browser.errors).toEqual([]);
    expect.soft(browser.foreign).toEqual([]);
  });
});
