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
  /** Playback positions, in seconds. */
  readonly stalls: number[];
  readonly errors: string[];
}

const READ = `({ time: document.querySelector('video').currentTime,
  frames: document.querySelector('video').getVideoPlaybackQuality().totalVideoFrames,
  stalls: window.stalls, errors: window.hlsErrors })`;

/** What hls.js calls an error though nothing is wrong, where there are parts that it does not use. */
const HARMLESS_WITH_PARTS = [
  // It asks for a whole segment to come, and gives that max(3 parts, 0.8 target durations): a blocking reload that begins early in a
  // segment outlasts it. It is not fatal, and hls.js asks again.
  'levelLoadTimeOut',
];

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

  async function plays(masterUrl: string, harmless: readonly string[]): Promise<void> {
    const page = await browser.open(player.url(masterUrl, { lowLatencyMode: false }));
    const first = await eventually(
      'the plain player to play',
      async () => {
        const facts = await page.evaluate<PlainFacts>(READ);
        return facts.frames > 15 ? facts : undefined;
      },
      { timeoutMs: 45_000 },
    );
    await sleep(8_000);
    const later = await page.evaluate<PlainFacts>(READ);
    expect(later.errors.filter((error) => !harmless.includes(error))).toEqual([]);
    expect(later.stalls).toEqual([]);
    expect(later.time).toBeGreaterThan(first.time + 6);
    await page.context().close();
  }

  it('plays the same URL, on a stranger’s page', async () => {
    publishers.push(pushTestPicture(product.publishUrl()));
    await (await followLive(product.masterUrl(), { mode: 'plain' })).stop();
    await sleep(7_000);
    await plays(product.masterUrl(), HARMLESS_WITH_PARTS);
  });

  it('plays a show with latency: standard, whose playlists hold no parts', async () => {
    // Another show each time that this is told.
    const name = `standard-${publishers.length}`;
    const [key = ''] = await product.applyAll([name], { transcode: { latency: 'standard' } });
    publishers.push(pushTestPicture(product.publishUrl(key)));
    const reader = await followLive(product.masterUrl(name), { mode: 'plain' });
    await sleep(7_000);
    await plays(product.masterUrl(name), []);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.text).not.toMatch(/EXT-X-PART|PRELOAD-HINT/);
    expect(reader.segments.length).toBeGreaterThan(3);
  });
});
