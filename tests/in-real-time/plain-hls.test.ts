import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  followLive,
  pushTestPicture,
  startBrowser,
  startPlainPlayer,
  startShowrunner,
  type PlainPlayer,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

interface PlainFacts {
  readonly time: number;
  readonly frames: number;
  readonly errors: string[];
}

const READ = `({ time: document.querySelector('video').currentTime,
  frames: document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames,
  errors: window.hlsErrors })`;

describe('a player that knows nothing of low latency', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let player: PlainPlayer;
  const publishers: Publisher[] = [];
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    player = await startPlainPlayer();
  });
  afterAll(async () => {
    await browser?.close();
    await player?.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  async function plays(masterUrl: string): Promise<void> {
    const page = await browser.open(player.url(masterUrl, { lowLatencyMode: false }));
    const first = await eventually(
      'the plain player to play',
      async () => {
        const facts = await page.evaluate<PlainFacts>(READ);
        return facts.frames > 15 ? facts : undefined;
      },
      { timeoutMs: 45_000 },
    );
    // It may stand still now and then where the browser gets no time; what it may not is give up.
    const later = await eventually(
      'six seconds more',
      async () => {
        const facts = await page.evaluate<PlainFacts>(READ);
        return facts.time > first.time + 6 ? facts : undefined;
      },
      { timeoutMs: 45_000 },
    );
    expect(later.errors.filter((error) => error.startsWith('fatal'))).toEqual([]);
    await page.context().close();
  }

  it('plays the same URL, on a stranger’s page', async () => {
    publishers.push(pushTestPicture(product.publishUrl()));
    await (await followLive(product.masterUrl(), { mode: 'plain' })).stop();
    await sleep(7_000);
    await plays(product.masterUrl());
  });

  it('plays a show with latency: standard, whose playlists hold no parts', async () => {
    // Another show each time that this is told.
    const name = `standard-${publishers.length}`;
    const [key = ''] = await product.applyAll([name], { transcode: { latency: 'standard' } });
    publishers.push(pushTestPicture(product.publishUrl(key)));
    const reader = await followLive(product.masterUrl(name), { mode: 'plain' });
    await sleep(7_000);
    await plays(product.masterUrl(name));
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.text).not.toMatch(/EXT-X-PART|PRELOAD-HINT/);
    expect(reader.segments.length).toBeGreaterThan(3);
  });
});
