import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  followLive,
  liveStreamYaml,
  pushTestPicture,
  startShowrunner,
  startTcpRelay,
  type Publisher,
  type Showrunner,
  type TcpRelay,
} from './support/index.ts';

describe('a publisher whose connection is half-dead', () => {
  let product: Showrunner;
  let relay: TcpRelay;
  const publishers: Publisher[] = [];
  const push = (url: string) => {
    const publisher = pushTestPicture(url);
    publishers.push(publisher);
    return publisher;
  };
  const throughRelay = (key: string) => `rtmp://127.0.0.1:${relay.port}/live/${key}`;
  beforeAll(async () => {
    product = await startShowrunner();
    relay = await startTcpRelay({ port: product.rtmpPort });
  });
  afterAll(async () => {
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await relay?.close();
    await product?.stop();
  });

  it('loses its place to itself when it comes back, at once', async () => {
    push(throughRelay(product.streamKey));
    const reader = await followLive(product.masterUrl());
    await sleep(3_000);
    relay.freeze();
    await sleep(1_500);
    const before = reader.parts.length;
    const back = Date.now();
    push(product.publishUrl());
    await eventually('parts of the new connection', () => reader.parts.length > before + 10);
    expect(Date.now() - back).toBeLessThan(6_000);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.segments.filter(({ discontinuity }) => discontinuity).length).toBeGreaterThanOrEqual(1);
  });

  it('is let go after the idle timeout, and the show waits for it', async () => {
    const key = await product.apply(
      'idle',
      liveStreamYaml('idle', { ingest: { idleTimeout: '2s', reconnectGrace: '20s' } }),
    );
    await sleep(300);
    push(throughRelay(key));
    const reader = await followLive(product.masterUrl('idle'));
    await eventually('phase Live', async () => (await product.phase('idle')) === 'Live');
    await sleep(2_000);
    relay.freeze();
    const frozen = Date.now();
    await eventually('phase Reconnecting', async () => (await product.phase('idle')) === 'Reconnecting');
    expect(Date.now() - frozen).toBeGreaterThan(1_000);
    expect(Date.now() - frozen).toBeLessThan(5_000);
    push(product.publishUrl(key));
    await eventually('phase Live again', async () => (await product.phase('idle')) === 'Live');
    const before = reader.parts.length;
    await eventually('parts again', () => reader.parts.length > before + 10);
    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect(reader.playlist.endList).toBe(false);
  });
});
