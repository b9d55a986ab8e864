import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  followLive,
  liveStreamYaml,
  pushTestPicture,
  startShowrunner,
  type Publisher,
  type Showrunner,
} from './support/index.ts';

describe('a second publisher with the same key', () => {
  let product: Showrunner;
  const publishers: Publisher[] = [];
  const push = (key: string, gop: number) => {
    const publisher = pushTestPicture(product.publishUrl(key), { gop });
    publishers.push(publisher);
    return publisher;
  };
  beforeAll(async () => {
    product = await startShowrunner();
  });
  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  it('wins by default; the first is told why, and viewers go on', async () => {
    const first = push(product.streamKey, 60);
    const reader = await followLive(product.masterUrl());
    await sleep(3_000);
    const second = push(product.streamKey, 45);
    const exit = await Promise.race([first.exited, sleep(10_000)]);
    expect(exit?.code).toBeGreaterThan(0);
    expect(first.stderr()).toMatch(/Server error: .*(another|new|second|replaced|took over)/i);
    const before = reader.parts.length;
    await eventually('parts of the second publisher', () => reader.parts.length > before + 20);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
    expect(reader.playlist.endList).toBe(false);
    expect(await product.phase()).toBe('Live');
    expect(product.output()).toContain(' default/live: Another publisher took over.\n');
    expect(product.output()).not.toContain('dropped');
    await second.stop();
  });

  it('is refused where the show says so, and the first goes on undisturbed', async () => {
    const key = await product.apply('guarded', liveStreamYaml('guarded', { ingest: { takeover: 'refuse' } }));
    const first = push(key, 60);
    const reader = await followLive(product.masterUrl('guarded'));
    await sleep(2_000);
    const second = push(key, 60);
    const exit = await Promise.race([second.exited, sleep(8_000)]);
    expect(exit?.code).toBeGreaterThan(0);
    expect(second.stderr()).toMatch(/Server error: .+/i);
    const before = reader.parts.length;
    await eventually('further parts', () => reader.parts.length > before + 10);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.segments.some(({ discontinuity }) => discontinuity)).toBe(false);
    await first.stop();
  });
});
