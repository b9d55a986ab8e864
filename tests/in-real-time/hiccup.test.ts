import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  eventually,
  followLive,
  pushClockPicture,
  pushTestPicture,
  readClockOn,
  readPlayer,
  readerClock,
  startBrowser,
  startShowrunner,
  startTcpRelay,
  takeClockSamples,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
  type TcpRelay,
} from '../support/index.ts';

/** Frames: eight seconds, as OBS sends them by itself. */
const GOP = 240;

describe('a publisher whose network hesitates', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let relay: TcpRelay;
  let publisher: Publisher | undefined;
  let shows = 0;
  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    relay = await startTcpRelay({ port: product.rtmpPort });
  });
  afterAll(async () => {
    await browser?.close();
    await relay?.close();
    await product?.stop();
  });

  afterEach(async () => {
    relay.resume();
    await publisher?.kill();
  });

  it('for a second and a half, is seen again at once, long before its next keyframe', async () => {
    const name = `hiccup-${++shows}`;
    const [key = ''] = await product.applyAll([name], { transcode: { ladder: 'none' } });
    publisher = pushClockPicture(`rtmp://localhost:${relay.port}/live/${key}`, GOP);
    const reader = await followLive(product.masterUrl(name));
    const page = await browser.open(`${product.http}/watch/default/${name}`);
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
  });

  it('is bridged in an encoded rendition as in the source', async () => {
    const name = `ladder-${++shows}`;
    const [key = ''] = await product.applyAll([name], { transcode: { ladder: '360p' } });
    const url = `rtmp://localhost:${relay.port}/live/${key}`;
    publisher = pushTestPicture(url, { width: 640, height: 480, gop: GOP });
    await eventually('a second rendition', async () => {
      const reader = await (await followLive(product.masterUrl(name))).stop();
      return reader.master.variants.length === 2;
    });
    const rung = await followLive(product.masterUrl(name), {
      variant: ({ height }) => height === 360,
      keepMedia: true,
    });
    await sleep(4_000);
    const began = readerClock();
    relay.hold();
    await sleep(1_500);
    relay.resume();
    await sleep(4_000);
    await rung.stop();
    expect.soft(rung.violations).toEqual([]);
    expect.soft(rung.segments.filter(({ discontinuity }) => discontinuity)).toEqual([]);
    for (const { problems } of await checkMediaOf(rung)) expect(problems).toEqual([]);
    // Decoding the replay took no time that a player would have noticed.
    const bearable = 4_000 * (rung.playlist.partTarget ?? 0);
    expect(Math.max(...rung.lateness(began + 1_500))).toBeLessThan(bearable);
  });
});
