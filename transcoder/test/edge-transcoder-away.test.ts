import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { edgeBefore, soon } from './edge-rig.ts';
import type { LiveRig } from './live-rig.ts';
import { nextPart, showOnAir } from './show-on-air.ts';
import { upstream } from './stand-in-transcoder.ts';

let live: LiveRig;
beforeEach(async () => {
  live = await showOnAir();
});

describe('a transcoder that is away', () => {
  it('is waited for, and then asked once for each thing', async () => {
    const port = live.port;
    const edge = await edgeBefore(port);
    await live.vanish();
    const asked = Array.from({ length: 50 }, () => edge.fetch('source/playlist.m3u8'));
    const other = edge.fetch('master.m3u8');
    await soon(() => edge.metric('held_requests')).toBeGreaterThan(0);
    await sleep(700);
    let requests = 0;
    await upstream((_request, response) => {
      requests += 1;
      response.writeHead(200, { 'cache-control': 'public, max-age=1' }).end('back');
    }, port);
    const bodies = await Promise.all([...asked, other].map(async (one) => (await one).text()));
    expect(new Set(bodies)).toEqual(new Set(['back']));
    expect(requests).toBe(2);
  });

  it('is given up after a while, in words', async () => {
    const port = live.port;
    const edge = await edgeBefore(port, { limits: { holdMs: 500 } });
    await live.vanish();
    const began = performance.now();
    const response = await edge.fetch('source/playlist.m3u8');
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(performance.now() - began).toBeLessThan(1_500);
    expect([response.status, response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual([
      503,
      '1',
      'no-store',
    ]);
    expect(await response.text()).toBe('The transcoder of default/live cannot be reached at the moment: ask again.\n');
  });

  it('may go in the middle of what it was asked, or of what it answered', async () => {
    const port = live.port;
    const edge = await edgeBefore(port);
    const query = await nextPart(live);
    const blocked = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    await live.vanish();
    let times = 0;
    await upstream((_request, response) => {
      times += 1;
      response.writeHead(200, { 'content-length': 4 }).write('ba');
      if (times === 1) setTimeout(() => response.destroy(), 50);
      else response.end('ck');
    }, port);
    expect(await (await blocked).text()).toBe('back');
    expect(times).toBe(2);
  });

  it('is not asked for who has gone meanwhile', async () => {
    const port = live.port;
    const edge = await edgeBefore(port);
    await live.vanish();
    const leaving = new AbortController();
    const asked = edge.fetch('source/playlist.m3u8', { signal: leaving.signal }).catch(() => undefined);
    await soon(() => edge.metric('held_requests')).toBe(1);
    leaving.abort();
    await asked;
    await soon(() => edge.metric('held_requests')).toBe(0);
    let requests = 0;
    await upstream((_request, response) => {
      requests += 1;
      response.end();
    }, port);
    await sleep(500);
    expect(requests).toBe(0);
  });

  it('takes only so many with it', async () => {
    const port = live.port;
    const limits = { flightsPerStream: 3, waiters: 6 };
    const edge = await edgeBefore(port, { limits });
    await live.vanish();
    const leaving = new AbortController();
    const ask = (path: string) => edge.fetch(path, { signal: leaving.signal });
    const status = async (path: string) => (await ask(path)).status;
    for (const msn of [1, 2, 3]) void ask(`source/${msn}.m4s`).catch(() => undefined);
    await soon(() => edge.metric('waiting_requests')).toBe(3);
    // A fourth thing, then more viewers than may wait.
    expect(await status('source/4.m4s')).toBe(503);
    for (const msn of [1, 2]) void ask(`source/${msn}.m4s`).catch(() => undefined);
    await soon(() => edge.metric('waiting_requests')).toBe(5);
    expect(await status('source/3.m4s')).toBe(503);
    // Of six who may wait five may for one stream, and the sixth for another.
    void fetch(edge.url('source/1.m4s').replace('/live/', '/other/'), { signal: leaving.signal }).catch(
      () => undefined,
    );
    await soon(() => edge.metric('waiting_requests')).toBe(6);
    leaving.abort();
    await soon(() => edge.metric('waiting_requests')).toBe(0);
    expect(await edge.metric('requests_total{outcome="refused"}')).toBe(2);
  });
});
