import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  followLive,
  processTree,
  pushTestPicture,
  readerClock,
  startShowrunner,
  type Publisher,
  type Showrunner,
} from '../support/index.ts';

describe('the ladder’s ffmpeg is killed', () => {
  let product: Showrunner;
  let publisher: Publisher;
  let key = '';
  beforeAll(async () => {
    product = await startShowrunner();
    [key = ''] = await product.applyAll(['ladder'], { transcode: { ladder: '360p' } });
    publisher = pushTestPicture(product.publishUrl(key), { width: 640, height: 480 });
  });
  afterAll(async () => {
    await publisher?.kill();
    await product?.stop();
  });
  const encoders = () => processTree(product.pid).filter(({ command }) => command === 'ffmpeg');

  it('and the source goes on undisturbed while the rung comes back', async () => {
    await eventually('a second rung', async () => {
      const reader = await (await followLive(product.masterUrl('ladder'))).stop();
      return reader.master.variants.length === 2;
    });
    const source = await followLive(product.masterUrl('ladder'), { variant: ({ height }) => height === 480 });
    const rung = await followLive(product.masterUrl('ladder'), { variant: ({ height }) => height === 360 });
    await sleep(4_000);
    const [encoder] = encoders();
    if (!encoder) throw new Error('There is no ffmpeg below the product');
    const killed = readerClock();
    const before = rung.parts.length;
    process.kill(encoder.pid, 'SIGKILL');
    await eventually('a new encoder', () => encoders().some(({ pid }) => pid !== encoder.pid));
    await eventually('parts of the rung again', () => rung.parts.length > before + 15, { timeoutMs: 20_000 });
    await sleep(2_000);
    await Promise.all([source.stop(), rung.stop()]);
    expect.soft(source.violations).toEqual([]);
    expect.soft(rung.violations).toEqual([]);
    expect(source.playlist.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
    // No part of the source came later than a low-latency player can bear.
    const bearable = 3_000 * (source.playlist.partTarget ?? 0);
    expect.soft(Math.max(...source.lateness(killed - 1_000))).toBeLessThan(bearable);
    expect(source.checked.reports).toBeGreaterThan(0);
    expect(await rung.checkBandwidth()).toEqual([]);
  });
});
