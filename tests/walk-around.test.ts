import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  liveStreamYaml,
  pushTestPicture,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Page,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

interface Kept {
  readonly listeners: number;
  readonly nodes: number;
}

describe('a viewer walks around', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let publisher: Publisher;
  let page: Page;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    await product.applyAll(['quiet'], { title: '🎉 \u202eQuiet', startAt: '2099-01-01T20:00:00Z' });
    publisher = pushTestPicture(product.publishUrl());
    await untilPlaying(await browser.open(product.watchUrl), 30_000);
    await browser.closePages();
    page = await browser.open(product.http);
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await product?.stop();
  });

  const heading = (name: string) => page.getByRole('heading', { level: 1, name });
  async function watchAndReturn(): Promise<void> {
    await page.locator('a.card').first().click();
    await page.locator('[data-state=playing]').waitFor();
    await page.goBack();
    await heading('Live now').waitFor();
  }

  it('there and back ten times, and the page keeps nothing of it', async () => {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    const kept = async (): Promise<Kept> => {
      await cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await cdp.send('Performance.getMetrics');
      const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
      return { listeners: of('JSEventListeners'), nodes: of('Nodes') };
    };
    for (let n = 0; n < 3; n += 1) await watchAndReturn();
    const before = await kept();
    for (let n = 0; n < 10; n += 1) await watchAndReturn();
    // A reload that VHS gave up keeps its timer, and with it the player, for the ten seconds of its timeout.
    await eventually(
      'no more than before, but for what one visit leaves to the garbage collector',
      async () => {
        const after = await kept();
        return after.listeners < before.listeners + 60 && after.nodes < before.nodes + 500;
      },
      { timeoutMs: 25_000, everyMs: 2_000 },
    );
  });

  it('from one show back to another in one step, and sees that one', async () => {
    await page.locator('a.card').first().click();
    const first = await page.getByRole('heading', { level: 1 }).textContent();
    await page.getByRole('link', { name: /^Showrunner/ }).click();
    await page.getByRole('link', { name: /Quiet/ }).click();
    await page
      .getByText(/Quiet.* starts/)
      .first()
      .waitFor();
    await page.evaluate('history.go(-2)');
    await heading(first ?? '').waitFor();
    await untilPlaying(page);
  });

  it('to an address where there is no show, and its tab says so too', async () => {
    await page.goto(`${product.http}/watch/default/nobody`);
    await page.getByText('There is no show at this address.').first().waitFor();
    expect(await page.title()).toBe('No show here · Showrunner');
  });

  it('to a home page with one show on air, which has its width to itself', async () => {
    const home = await browser.open(product.http, { width: 1440, height: 900 });
    const box = async (selector: string) => (await home.locator(selector).boundingBox())!;
    expect((await box('a.card.open')).width).toBeGreaterThan((await box('.home')).width * 0.9);
    await home.setViewportSize({ width: 390, height: 844 });
    const poster = await box('a.card.open .poster');
    expect((await box('a.card.open .title')).y).toBeGreaterThan(poster.y + poster.height);
    await home.context().close();
  });

  it('to an address that cannot be a show, and is told so', async () => {
    for (const path of ['/watch/default/LIVE', '/watch/default', '/nothing']) {
      const response = await page.goto(product.http + path);
      await heading('There is nothing at this address.').waitFor();
      expect([path, response?.status()]).toEqual([path, 404]);
    }
  });

  it('and shares a show where the page has no clipboard, as over plain HTTP from another machine', async () => {
    const shared = await browser.open(product.watchUrl, {
      initScript: `Object.defineProperty(navigator, 'clipboard', { value: undefined });`,
    });
    await shared.getByRole('button', { name: 'Share' }).click();
    const field = shared.getByRole('textbox', { name: 'Address of this page' });
    expect(await field.inputValue()).toBe(product.watchUrl);
    await shared.keyboard.press('Escape');
    await shared.getByRole('button', { name: 'Share' }).waitFor();
    await shared.context().close();
  });

  it('with seven tabs of the home page, and the seventh still loads', async () => {
    const context = page.context();
    // No tab of a headless browser is ever hidden by itself.
    const hide = `Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));`;
    for (const tab of context.pages()) if (tab !== page) await tab.close();
    await page.goto(product.http);
    let last = page;
    for (let n = 0; n < 7; n += 1) {
      await last.evaluate(hide);
      const tab = await context.newPage();
      last = tab;
      await tab.goto(product.http, { timeout: 10_000 });
      await tab.locator('a.card').first().waitFor({ timeout: 10_000 });
    }
  });

  it('to a show that is deleted in the middle, is told so at once, and sees the one that is made in its place', async () => {
    await browser.closePages();
    await publisher.kill();
    const begin = async () => {
      const key = await product.apply('friday', liveStreamYaml('friday', { title: 'Friday night' }));
      publisher = pushTestPicture(product.publishUrl(key));
    };
    await begin();
    page = await browser.open(`${product.http}/watch/default/friday`);
    await untilPlaying(page, 30_000);
    expect(await page.getByText('LIVE', { exact: true }).count()).toBeGreaterThan(0);

    expect(await product.command('delete', 'default/friday')).toMatchObject({ code: 0 });
    await page.getByText('This show was taken down.').waitFor({ timeout: 3_000 });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Friday night');
    expect(await page.getByText('LIVE', { exact: true }).count()).toBe(0);
    expect(await page.evaluate(`document.querySelector('video')?.paused`)).toBe(true);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await publisher.exited;
    await sleep(1_000);
    expect(asked.filter((url) => url.includes('/hls/'))).toEqual([]);

    await begin();
    await untilPlaying(page, 30_000);
  });

  it('without an error on the page', async () => {
    await sleep(500);
    // The browser itself notes the two addresses where there is nothing.
    expect(browser.errors.filter((error) => !error.includes('404'))).toEqual([]);
    expect(browser.foreign).toEqual([]);
  });
});
