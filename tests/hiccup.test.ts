import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  followLive,
  pushClockPicture,
  readClockOn,
  readPlayer,
  startBrowser,
  startShowrunner,
  startTcpRelay,
  takeClockSamples,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
  type TcpRelay,
} from './support/index.ts';

/** Frames: eight seconds, as OBS sends them by itself. */
const GOP = 240;

describe('a publisher whose network hesitates', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let relay: TcpRelay;
  let publisher: Publisher;
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    relay = await startTcpRelay({ port: product.rtmpPort });
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await relay?.close();
    await product?.stop();
  });

  it('for a second and a half, is seen again at once, long before its next keyframe', async () => {
    const [key = ''] = await product.applyAll(['hiccup'], { transcode: { ladder: 'none' } });
    publisher = pushClockPicture(`rtmp://localhost:${relay.port}/live/${key}`, GOP);
    const reader = await followLive(product.masterUrl('hiccup'), { keepMedia: true });
    const page = await browser.open(`${product.http}/watch/default/hiccup`);
    await untilPlaying(page);
    await readClockOn(page, 1);
    // The keyframe that opened the show, and those every eight seconds, stay clear of the hiccup.
    const began = reader.parts.findLast(({ independent }) => independent)?.mediaAt ?? Date.now();
    await sleep(Math.max(3_000, began + 11_000 - Date.now()));
    const before = await readPlayer(page);
    relay.hold();
    await sleep(1_500);
    relay.resume();
    const resumed = Date.now();
    await sleep(3_000);
    const { samples } = await takeClockSamples(page);
    const drawnSince = samples.filter(({ at, glassToGlassMs }) => at - glassToGlassMs >= resumed);
    const seenAgainMs = (drawnSince[0]?.at ?? Infinity) - resumed;
    const after = await readPlayer(page);
    expect.soft(seenAgainMs).toBeLessThan(1_300);
    expect.soft(drawnSince.length).toBeGreaterThan(30);
    expect(after.loadedAt).toBe(before.loadedAt);
    expect.soft(after.stallCount).toBe(before.stallCount);
    expect.soft(after.latencySeconds).toBeLessThan(before.latencySeconds + 0.5);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect.soft(reader.segments.filter(({ discontinuity }) => discontinuity)).toEqual([]);
    for (const { problems } of await checkMediaOf(reader)) expect(problems).toEqual([]);
  });
});
