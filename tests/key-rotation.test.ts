import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  isRunning,
  liveStreamYaml,
  pushTestPicture,
  startShowrunner,
  type Publisher,
  type Showrunner,
} from './support/index.ts';

describe('a stream key is rotated', () => {
  let product: Showrunner;
  const publishers: Publisher[] = [];
  const push = (key: string) => {
    const publisher = pushTestPicture(product.publishUrl(key));
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

  async function rotate(name: string): Promise<string> {
    const { code, stdout } = await product.command('key', 'rotate', `default/${name}`);
    expect(code).toBe(0);
    return stdout.trim();
  }

  async function isAccepted(name: string, key: string): Promise<boolean> {
    const publisher = push(key);
    const accepted = await Promise.race([
      publisher.exited.then(() => false),
      eventually('phase Live', async () => (await product.phase(name)) === 'Live').then(() => true),
    ]);
    await publisher.stop();
    return accepted;
  }

  it('and for a while the old one opens the show too', async () => {
    const old = product.streamKey;
    const fresh = await rotate('live');
    expect(fresh).not.toBe(old);
    expect((await product.command('key', 'default/live')).stdout.trim()).toBe(fresh);
    await sleep(1_000);
    const running = push(old);
    await eventually('phase Live', async () => (await product.phase()) === 'Live');
    expect(isRunning(running.pid)).toBe(true);
    const newer = push(fresh);
    // The same show: the newest publisher takes it over.
    expect((await running.exited).code).toBeGreaterThan(0);
    expect(isRunning(newer.pid)).toBe(true);
    await newer.stop();
  });

  it('and after its grace the old one holds no longer, not even for who is on air with it', async () => {
    const spec = { ingest: { keyRotationGrace: '2s', reconnectGrace: '0s' } };
    const old = await product.apply('strict', liveStreamYaml('strict', spec));
    await sleep(500);
    const running = push(old);
    await eventually('phase Live', async () => (await product.phase('strict')) === 'Live');
    const fresh = await rotate('strict');
    await sleep(1_000);
    expect(isRunning(running.pid)).toBe(true);
    const exit = await Promise.race([running.exited, sleep(8_000)]);
    expect(exit?.code).toBeGreaterThan(0);
    expect(running.stderr()).toMatch(/Server error: .*key/i);
    await eventually('phase Ended', async () => (await product.phase('strict')) === 'Ended');
    expect(await isAccepted('strict', old)).toBe(false);
    expect(await isAccepted('strict', fresh)).toBe(true);
    expect(product.output()).not.toContain(fresh);
  });
});
