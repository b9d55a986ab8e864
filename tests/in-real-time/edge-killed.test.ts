import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  eventually,
  gatherCrowd,
  httpGet,
  pushTestPicture,
  startMediaPlane,
  startShowrunner,
  type CrowdReport,
  type MediaPlane,
  type Publisher,
  type Showrunner,
} from '../support/index.ts';

const VIEWERS = 200;
const SECONDS = 6;
const PATH = '/hls/default/live/source/playlist.m3u8';
describe(`two edges and ${VIEWERS} viewers`, () => {
  let product: Showrunner;
  let plane: MediaPlane;
  let publisher: Publisher;
  let playlists: readonly string[];
  beforeAll(async () => {
    product = await startShowrunner();
    plane = await startMediaPlane(product, { edges: 2 });
    playlists = plane.edges.map(({ httpPort }) => `http://127.0.0.1:${httpPort}${PATH}`);
    publisher = pushTestPicture(product.publishUrl());
    await eventually('media', async () => (await httpGet(playlists[0]!)).status === 200);
    await sleep(4_000);
  });
  afterAll(async () => {
    await publisher?.kill();
    await plane?.close();
    await product?.stop();
  });

  async function watchWhile(act: () => Promise<void>, at = playlists): Promise<CrowdReport> {
    const crowd = gatherCrowd(VIEWERS, ...at);
    await sleep((SECONDS * 1_000) / 3);
    await act();
    await sleep((SECONDS * 2_000) / 3);
    const report = await crowd.leave();
    expect(report.failures).toEqual([]);
    expect(report.holes).toEqual([]);
    return report;
  }

  async function metric(edge: number, line: string): Promise<number> {
    const { body } = await httpGet(`http://127.0.0.1:${plane.edges[edge]!.opsPort}/metrics`);
    const found = body
      .toString()
      .split('\n')
      .find((one) => one.startsWith(`${line} `));
    return Number(found?.split(' ').at(-1) ?? 0);
  }

  it('at one of them: the transcoder is asked once for all', async () => {
    const asked = () => metric(0, 'showrunner_edge_upstream_requests_total');
    const before = await asked();
    const { requests } = await watchWhile(async () => undefined, playlists.slice(0, 1));
    expect(requests).toBeGreaterThan(VIEWERS * SECONDS * 2);
    expect(((await asked()) - before) / requests).toBeLessThan(0.01);
  });

  it('one is killed: nothing fails that a second attempt does not mend', async () => {
    const { mended } = await watchWhile(() => plane.edges[0]!.stop('SIGKILL'));
    expect(mended).toBeGreaterThan(0);
    await plane.edges[0]!.start();
  });

  it('one is asked to end: who was there is answered, and goes to the other', async () => {
    const { mostInterruptions } = await watchWhile(() => plane.edges[0]!.stop('SIGTERM'));
    // Nobody tells these viewers where to go, so each finds out by the requests that it had on the way next.
    expect(mostInterruptions).toBeLessThanOrEqual(1);
    await plane.edges[0]!.start();
  });
});
