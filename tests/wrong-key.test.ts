import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpGet, liveStreamYaml, pushTestPicture, startShowrunner, type Showrunner } from './support/index.ts';

describe('a publisher who may not', () => {
  let product: Showrunner;
  beforeAll(async () => {
    product = await startShowrunner();
  });
  afterAll(async () => {
    await product?.stop();
  });

  async function refusal(url: string): Promise<string> {
    const publisher = pushTestPicture(url, { seconds: 20 });
    const exit = await Promise.race([publisher.exited, sleep(8_000)]);
    await publisher.kill();
    expect(exit, 'the publisher was sent away at once').toBeDefined();
    expect(exit?.code).not.toBe(0);
    return publisher.stderr();
  }

  it('is refused for a wrong key, with words, and nothing comes into being', async () => {
    const wrong = 'not-the-key-of-anything-at-all-0001';
    const before = (await httpGet(`${product.http}/api/v1/live-streams`)).body.toString();
    expect(await refusal(`${product.rtmpServer}/${wrong}`)).toMatch(/Server error: .*key/i);
    expect((await httpGet(product.masterUrl())).status).toBe(404);
    expect(await product.phase()).toBe('Ready');
    expect((await httpGet(`${product.http}/api/v1/live-streams`)).body.toString()).toBe(before);
    expect(product.output()).toContain(
      '127.0.0.1 was refused: This stream key is not known: copy the key of your show',
    );
    expect(product.output()).not.toContain(wrong);
  });

  it('is refused for a wrong application name, although the key is right', async () => {
    const url = product.publishUrl().replace('/live/', '/other/');
    expect(await refusal(url)).toMatch(/Server error: .+/i);
    expect((await httpGet(product.masterUrl())).status).toBe(404);
    expect(product.output()).toContain('was refused: There is no such application here: the Server must end in /live.');
  });

  it('is refused while the stream is disabled', async () => {
    const key = await product.apply('closed', liveStreamYaml('closed', { enabled: false }));
    await sleep(500);
    expect(await refusal(product.publishUrl(key))).toMatch(/Server error: .+/i);
    expect((await httpGet(product.masterUrl('closed'))).status).toBe(404);
    expect(product.output()).not.toContain(key);
  });
});
