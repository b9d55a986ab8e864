import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  eventually,
  followLive,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

describe('a viewer who comes while the publisher is away', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  const publishers: Publisher[] = [];
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  it('sees the picture that the others see, and goes on with them', async () => {
    const push = () => {
      const publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360, gop: 30 });
      publishers.push(publisher);
      return publisher;
    };
    const first = push();
    const reader = await followLive(product.masterUrl(), { keepMedia: true });
    await sleep(5_300);
    await first.kill();
    // Longer than parts stay listed.
    await sleep(8_000);
    expect(await product.phase()).toBe('Reconnecting');
    const page = await browser.open(product.watchUrl);
    const opened = Date.now();
    const seen = await eventually(
      'a picture',
      async () => {
        const facts = await readPlayer(page);
        return facts.state === 'playing' && facts.frames > 0 ? facts : undefined;
      },
      { timeoutMs: 10_000 },
    );
    const seenAfterMs = Date.now() - opened;
    expect.soft(seenAfterMs).toBeLessThan(2_000);
    expect(seen.width).toBe(640);
    expect(seen.latencySeconds).toBeLessThan(3);
    await sleep(1_500);
    push();
    await eventually(
      'a moving picture',
      async () => {
        const facts = await readPlayer(page);
        return facts.state === 'playing' && facts.frames > seen.frames + 90;
      },
      { timeoutMs: 10_000 },
    );
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    for (const { problems } of await checkMediaOf(reader)) expect(problems).toEqual([]);
  });
});
