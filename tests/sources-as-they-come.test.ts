import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkMediaOf,
  followLive,
  pushTestPicture,
  startShowrunner,
  type HlsReader,
  type PictureOptions,
  type Publisher,
  type Showrunner,
  type Violation,
} from './support/index.ts';

/** What encoders send, and the streams that must come out of it. */
const SOURCES: Record<string, { options: PictureOptions; streams: string[] }> = {
  'OBS with its automatic keyframe interval': { options: { gop: 250 }, streams: ['aac', 'h264 320x180'] },
  'a keyframe each second': { options: { gop: 30 }, streams: ['aac', 'h264 320x180'] },
  'B-frames': { options: { bFrames: 2 }, streams: ['aac', 'h264 320x180'] },
  '25 frames a second': { options: { fps: 25, gop: 50 }, streams: ['aac', 'h264 320x180'] },
  'sound only': { options: { video: false }, streams: ['aac'] },
  'picture only': { options: { audio: false }, streams: ['h264 320x180'] },
};
const NAMES = Object.keys(SOURCES);

describe('sources as they come', () => {
  let product: Showrunner;
  const publishers: Publisher[] = [];
  const readers: HlsReader[] = [];
  /** By the master playlist of then: later ones speak of later segments. */
  let bandwidth: Violation[][];

  beforeAll(async () => {
    product = await startShowrunner();
    const streams = NAMES.map((_, index) => `source-${index}`);
    const keys = await product.applyAll(streams, {});
    for (const [index, name] of NAMES.entries()) {
      publishers.push(pushTestPicture(product.publishUrl(keys[index]), { videoKbps: 300, ...SOURCES[name]?.options }));
    }
    readers.push(
      ...(await Promise.all(streams.map((stream) => followLive(product.masterUrl(stream), { keepMedia: true })))),
    );
    await sleep(11_000);
    bandwidth = await Promise.all(
      readers.map(async (reader) => {
        await reader.stop();
        return reader.checkBandwidth();
      }),
    );
  });
  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  it.each(NAMES.map((name, index) => [name, index] as const))('plays %s by the rules', async (name, index) => {
    const reader = readers[index];
    if (!reader) throw new Error('The source was not read');
    expect.soft(reader.violations).toEqual([]);
    expect(reader.parts.length).toBeGreaterThan(30);
    expect(bandwidth[index]).toEqual([]);
    const [media, ...more] = await checkMediaOf(reader);
    expect(more).toEqual([]);
    expect(media?.problems).toEqual([]);
    expect(media?.streams.toSorted()).toEqual(SOURCES[name]?.streams);
  });

  it('has the same latency whatever the keyframe interval', () => {
    // Segments are cut without a keyframe where none comes in time, and parts never wait for one.
    const longest = readers[0]?.segments.map(({ duration }) => duration) ?? [];
    expect.soft(Math.max(...longest)).toBeLessThanOrEqual((readers[0]?.playlist.targetDuration ?? 0) + 0.5);
    expect(readers[0]?.playlist.targetDuration).toBe(readers[1]?.playlist.targetDuration);
  });
});
