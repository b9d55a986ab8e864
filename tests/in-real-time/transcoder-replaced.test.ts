import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  followLive,
  liveStreamYaml,
  nextPosition,
  pushTestPicture,
  readPlayer,
  startBrowser,
  startMediaPlane,
  startShowrunner,
  untilPlaying,
  type HlsReader,
  type MediaPlane,
  type Page,
  type PlayerFacts,
  type Publisher,
  type Showrunner,
  type StoryBrowser,
} from '../support/index.ts';

describe('a transcoder that dies in mid-show and is replaced', () => {
  let product: Showrunner;
  let plane: MediaPlane;
  let browser: StoryBrowser;
  let publisher: Publisher;
  beforeAll(async () => {
    product = await startShowrunner();
    plane = await startMediaPlane(product, { transcode: { ladder: '360p' }, drainMs: 4_000 });
    browser = await startBrowser();
    publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 480 });
  });
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  afterAll(async () => {
    await browser?.close();
    await publisher?.kill();
    await plane?.close();
    await product?.stop();
  });

  const closers: (() => Promise<unknown>)[] = [];
  async function watch(): Promise<Page> {
    const page = await browser.open(`${plane.http}/watch/default/live`);
    closers.push(() => page.close());
    await untilPlaying(page);
    return page;
  }
  const follow = () =>
    followLive(`${plane.http}/hls/default/live/master.m3u8`, { variant: ({ height }) => height === 480 });

  function liveStreamFile(spec: object): string {
    const file = join(product.data, 'live.story.yaml');
    writeFileSync(file, liveStreamYaml('live', spec));
    return file;
  }

  /** Waits until the picture moves, in the page that was there before, which shows no error. */
  async function goesOn(page: Page, before: PlayerFacts): Promise<void> {
    await eventually(
      'the picture to move again',
      async () => {
        const first = await readPlayer(page);
        await sleep(1_000);
        const second = await readPlayer(page);
        return second.state === 'playing' && second.frames - first.frames > 15;
      },
      { timeoutMs: 20_000 },
    );
    expect((await readPlayer(page)).loadedAt).toBe(before.loadedAt);
    expect(await page.locator('[role=alert]').count()).toBe(0);
  }

  /**
   * What the reader complains of, but for what a replacement is: numbers leap, what was listed is gone, and parts that were hinted
   * never come. Reports of other renditions are as old as the playlist that they stand in, which caches keep.
   */
  const complaints = (reader: HlsReader) =>
    reader.violations.filter(
      ({ rule, message }) =>
        rule !== 'RENDITION-REPORT' &&
        !/skips segments from|Segments were removed although|^Part \S+ was answered 404/.test(message),
    );

  // One that is away for seconds is told on the cluster, where a pod needs as long to come.
  it('at once: the picture goes on by itself, with higher numbers and a discontinuity', async () => {
    const page = await watch();
    const reader = await follow();
    await sleep(5_000);
    const before = await readPlayer(page);
    const { playlist: last } = reader;
    const position = nextPosition(last);
    await plane.transcoder.stop('SIGKILL');
    await plane.transcoder.start();
    await goesOn(page, before);
    // It comes back to where it was.
    await eventually('the picture to be live', async () => (await readPlayer(page)).latencySeconds < 2);

    await eventually('the reader to have the new numbers', () => reader.playlist.mediaSequence > position.msn);
    await reader.stop();
    const [first] = reader.playlist.segments;
    expect(first!.discontinuity).toBe(true);
    expect(reader.playlist.discontinuitySequence).toBeGreaterThan(last.discontinuitySequence);
    expect(complaints(reader)).toEqual([]);
  });

  it('with the rung below: who watches that goes on too', async () => {
    const rung = await followLive(`${plane.http}/hls/default/live/master.m3u8`, {
      variant: ({ height }) => height === 360,
    });
    await sleep(4_000);
    const position = nextPosition(rung.playlist);
    await plane.transcoder.stop('SIGKILL');
    await plane.transcoder.start();
    await eventually(
      'parts of the rung again',
      () => rung.playlist.mediaSequence > position.msn && rung.playlist.segments.length > 1,
      {
        timeoutMs: 20_000,
      },
    );
    await rung.stop();
    expect(complaints(rung)).toEqual([]);
  });

  it('asked to end while the show runs: it leaves without an end, and the picture goes on', async () => {
    const page = await watch();
    const reader = await follow();
    const before = await readPlayer(page);
    // It goes on for as long as it was allowed to, and is then gone.
    await plane.transcoder.stop('SIGTERM');
    expect(reader.playlist.endList).toBe(false);
    await plane.transcoder.start();
    await goesOn(page, before);
    await reader.stop();
    expect(reader.playlist.endList).toBe(false);
    expect(plane.transcoder.output()).toContain('show is left to others');
  });

  it('asked to end, and the show ends meanwhile: viewers see the end', async () => {
    const reader = await follow();
    const drained = plane.transcoder.stop('SIGTERM');
    await product.command('apply', '-f', liveStreamFile({ enabled: false }));
    await Promise.all([reader.ended, drained]);
    expect(reader.playlist.endList).toBe(true);
  });
});
