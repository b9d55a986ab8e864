import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  checkOriginAnswers,
  eventually,
  followLive,
  httpGet,
  pushClockPicture,
  readClockOn,
  readPlayer,
  startBrowser,
  startShowrunner,
  takeClockSamples,
  untilPlaying,
  type Page,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

/** Not the goal (the bench measures that), but a bound that only something broken exceeds on a busy machine. */
const SANE_LATENCY_MS = 1_500;

describe('a show goes live', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let page: Page;
  let publisher: Publisher;

  beforeAll(async () => {
    product = await startShowrunner();
    browser = await startBrowser();
    // The viewer is there first: the page must notice by itself that the show begins.
    page = await browser.open(product.watchUrl);
    publisher = pushClockPicture(product.publishUrl());
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.stop();
    await product?.stop();
  });

  it('starts within five seconds', () => {
    expect(product.startedInMs).toBeLessThan(5_000);
  });

  it('plays on a page that was open before, and the picture moves', async () => {
    const first = await untilPlaying(page, 30_000);
    expect([first.width, first.height]).toEqual([640, 360]);
    await sleep(2_000);
    const later = await readPlayer(page);
    expect(later.currentTime).toBeGreaterThan(first.currentTime + 1);
    expect(later.frames).toBeGreaterThan(first.frames + 30);
    expect(later.loadedAt).toBe(first.loadedAt);
  });

  it('says so in its API, with what the publisher sends', async () => {
    await eventually('phase Live', async () => (await product.phase()) === 'Live');
    const answer = await eventually('the source in the API', async () => {
      const { body } = await httpGet(`${product.http}/api/v1/live-streams/default/live`);
      const stream = JSON.parse(body.toString()) as { source?: Record<string, unknown> };
      return stream.source?.['width'] === undefined ? undefined : stream.source;
    });
    expect(answer).toMatchObject({ width: 640, height: 360, audio: 'mp4a.40.2' });
    expect(answer['video']).toMatch(/^avc1\.[0-9a-f]{6}$/);
  });

  it('is seen little after it happened', async () => {
    await readClockOn(page);
    await sleep(6_000);
    const { samples, unreadable } = await takeClockSamples(page);
    const latencies = samples.map(({ glassToGlassMs }) => glassToGlassMs).sort((a, b) => a - b);
    expect(latencies.length).toBeGreaterThan(20);
    expect(unreadable).toBe(0);
    expect(latencies[Math.floor(latencies.length / 2)]).toBeLessThan(SANE_LATENCY_MS);
    expect((await readPlayer(page)).stallCount).toBe(0);
  });

  it('keeps every rule of RFC 8216bis, for low-latency clients and for plain ones', async () => {
    const low = await followLive(product.masterUrl(), { keepMedia: true });
    const plain = await followLive(product.masterUrl(), { mode: 'plain', keepMedia: true });
    await sleep(9_000);
    await Promise.all([low.stop(), plain.stop()]);
    expect.soft(low.violations).toEqual([]);
    expect.soft(plain.violations).toEqual([]);
    expect(low.checked.partsFetched).toBeGreaterThan(30);
    // Before the show is six target durations long there is nothing to skip.
    expect(low.checked.deltas).toBeGreaterThan(5);
    expect(low.checked.hints).toBeGreaterThan(10);
    expect(await low.checkBandwidth()).toEqual([]);
    expect(await checkOriginAnswers(product.masterUrl())).toEqual([]);
    for (const reader of [low, plain]) {
      const [media, ...more] = await checkMediaOf(reader);
      expect(more).toEqual([]);
      expect(media?.problems).toEqual([]);
      expect(media?.streams.toSorted()).toEqual(['aac', 'h264 640x360']);
    }
  });

  it('asks nobody else for anything, and logs no error on the page', () => {
    expect.soft(browser.foreign).toEqual([]);
    expect.soft(browser.errors).toEqual([]);
  });
});
