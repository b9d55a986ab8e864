import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  freePort,
  httpGet,
  liveStreamYaml,
  processTree,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startShowrunner,
  untilPlaying,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from './support/index.ts';

const NGINX = { ingest: { engine: 'nginx-rtmp', reconnectGrace: '3s' } };

describe('a show through nginx-rtmp', () => {
  let product: Showrunner;
  let browser: StoryBrowser;
  let nginxPort: number;
  let key: string;
  const publishers: Publisher[] = [];

  beforeAll(async () => {
    nginxPort = await freePort();
    const env = { SHOWRUNNER_NGINX_RTMP_PORT: String(nginxPort), SHOWRUNNER_LOG_LEVEL: 'info' };
    product = await startShowrunner({ env });
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all(publishers.map((publisher) => publisher.kill()));
    await product?.stop();
  });

  const nginxUrl = (withKey = key) => `rtmp://localhost:${nginxPort}/live/${withKey}`;
  function push(url = nginxUrl()): Publisher {
    const publisher = pushTestPicture(url, { gop: 30 });
    publishers.push(publisher);
    return publisher;
  }
  const phaseBecomes = (phase: string) =>
    eventually(`phase ${phase}`, async () => (await product.phase('through')) === phase);
  it('has no nginx while no stream asks for it; then one listens at its own port, as the status says', async () => {
    expect(nginxOf(product.pid)).toEqual([]);
    key = await product.apply('through', liveStreamYaml('through', NGINX));
    await phaseBecomes('Ready');
    expect(nginxOf(product.pid)).toHaveLength(1);
    const { body } = await httpGet(`${product.http}/api/v1/live-streams/default/through`);
    expect(JSON.parse(body.toString())).toMatchObject({ ingest: { server: `rtmp://localhost:${nginxPort}/live` } });
  });

  it('plays, and takes its publisher back after it dropped', async () => {
    const page = await browser.open(`${product.http}/watch/default/through`);
    const first = push();
    const before = await untilPlaying(page);
    await first.kill();
    await phaseBecomes('Reconnecting');
    push();
    await phaseBecomes('Live');
    await eventually('the picture to move again', async () => {
      const { state, frames } = await readPlayer(page);
      return state === 'playing' && frames > before.frames + 60;
    });
    expect((await readPlayer(page)).loadedAt).toBe(before.loadedAt);
    expect(browser.errors).toEqual([]);
  });

  it('is taken over by the newest publisher, and ends at once when it is switched off', async () => {
    const newest = push();
    await eventually('the former one to be hung up on', () => Promise.race([publishers[1]!.exited, sleep(0, false)]));
    expect(await product.phase('through')).toBe('Live');
    await product.apply('through', liveStreamYaml('through', { ...NGINX, enabled: false }));
    expect((await newest.exited).code).not.toBe(0);
    await eventually('the end of the show', async () => (await product.phase('through')) !== 'Live');
    await eventually('nginx to be stopped', async () => nginxOf(product.pid).length === 0);
  });

  it('refuses a wrong key, and both engines refuse the streams of the other', async () => {
    await product.apply('through', liveStreamYaml('through', NGINX));
    await eventually('nginx to be back', async () => nginxOf(product.pid).length === 1);
    await phaseBecomes('Ended');
    const exits = await Promise.all([
      push(nginxUrl('not-the-key-of-anything-at-all-0001')).exited,
      push(nginxUrl(product.streamKey)).exited,
      push(product.publishUrl(key)).exited,
    ]);
    for (const { code } of exits) expect(code).not.toBe(0);
    expect(publishers.at(-1)?.stderr()).toContain(
      `Server error: This show takes its publisher at rtmp://localhost:${nginxPort}/live: put that into the Server field.`,
    );
    expect(await product.phase('through')).toBe('Ended');
    expect(product.output()).toContain(`This show takes its publisher at ${product.rtmpServer}`);
  });

  it('lives through the death of nginx: it comes back, and the publisher may', async () => {
    const first = push();
    await phaseBecomes('Live');
    const [pid = 0] = nginxOf(product.pid);
    process.kill(pid, 'SIGKILL');
    await first.exited;
    await phaseBecomes('Reconnecting');
    await eventually('the publisher to be let in again', async () => {
      const again = push();
      const isOn = await Promise.race([again.exited.then(() => false), phaseBecomes('Live')]);
      return isOn;
    });
    expect(nginxOf(product.pid)).not.toContain(pid);
    await publishers.at(-1)?.stop();
    await phaseBecomes('Ended');
  });

  it('changes its engine: idle at once, in mid-show after the show', async () => {
    const running = push();
    await phaseBecomes('Live');
    await product.apply('through', liveStreamYaml('through', { ingest: { reconnectGrace: '3s' } }));
    await sleep(1_500);
    expect(await product.phase('through')).toBe('Live');
    // Its publisher comes back to where it was.
    await running.kill();
    await phaseBecomes('Reconnecting');
    const back = push();
    await phaseBecomes('Live');
    await back.stop();
    await phaseBecomes('Ended');
    await eventually('nginx to be stopped', async () => nginxOf(product.pid).length === 0);
    push(product.publishUrl(key));
    await phaseBecomes('Live');
  });

  it('is given away by nothing that was printed', () => {
    expect(product.output()).not.toContain(key);
    expect(product.output()).not.toContain('not-the-key-of-anything-at-all-0001');
  });

  it('takes nginx along when it is killed', async () => {
    await product.apply('through', liveStreamYaml('through', NGINX));
    const [pid] = await eventually('nginx', async () => {
      const found = nginxOf(product.pid);
      return found.length > 0 && found;
    });
    await product.stop('SIGKILL');
    await eventually('the end of nginx', async () => nginxOf(pid!).length === 0);
  });
});

/** The living processes of nginx that a process has started. */
function nginxOf(pid: number): number[] {
  return processTree(pid)
    .filter(({ command }) => command === 'nginx')
    .map((process) => process.pid);
}
