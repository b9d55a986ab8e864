import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  eventually,
  followLive,
  httpGet,
  isRunning,
  nextPosition,
  parseMedia,
  processTree,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  untilState,
} from '../support/index.ts';

describe('Ctrl-C in mid-show', () => {
  it('ends the show for its viewers, answers who waits, and leaves nothing behind', async () => {
    const product = await startShowrunner();
    const [key = ''] = await product.applyAll(['ladder'], { transcode: { ladder: '360p' } });
    const publisher = pushTestPicture(product.publishUrl(key), { width: 640, height: 480 });
    const browser = await startBrowser();
    onTestFinished(async () => {
      await browser.close();
      await publisher.kill();
      await product.stop();
    });
    const page = await browser.open(`${product.http}/watch/default/ladder`);
    await untilPlaying(page, 30_000);
    // The source has nothing to report of it before its first picture, and does so when it goes on itself.
    await eventually('the source to report the encoded rendition', async () => {
      const { body } = await httpGet(product.masterUrl('ladder').replace('master', 'source/playlist'));
      return body.includes('360p/playlist.m3u8');
    });
    const reader = await followLive(product.masterUrl('ladder'));
    await sleep(3_000);

    const family = processTree(product.pid).map(({ pid }) => pid);
    const playlistUrl = new URL(reader.variant.uri, product.masterUrl('ladder')).href;
    const { msn } = nextPosition(reader.playlist);
    const blocked = Promise.all([msn + 1, msn + 2].map((sequence) => httpGet(`${playlistUrl}?_HLS_msn=${sequence}`)));
    // It is attached before the signal, so that a refusal is not an unhandled one.
    const answers = blocked.then(
      (all) => all,
      (error: unknown) => error,
    );
    await sleep(200);
    const { stallCount } = await readPlayer(page);
    const began = Date.now();
    const exit = await product.stop('SIGINT');
    const seconds = (Date.now() - began) / 1_000;

    expect(exit).toEqual({ code: 0, signal: null });
    expect(seconds).toBeLessThan(8);
    const released = await answers;
    if (!Array.isArray(released)) throw released as Error;
    for (const { status, body } of released as Awaited<typeof blocked>) {
      expect(status).toBe(200);
      expect(parseMedia(body.toString()).endList).toBe(true);
    }
    await reader.ended;
    expect(reader.playlist.endList).toBe(true);
    expect.soft(reader.violations).toEqual([]);
    expect(family.filter(isRunning)).toEqual([]);
    const ended = await untilState(page, 'ended');
    expect(ended.stallCount).toBe(stallCount);
  });
});
