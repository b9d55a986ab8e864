import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { firstNumbers } from '../src/live/first-numbers.ts';
import { edgeBefore, soon } from './edge-rig.ts';
import type { LiveRig } from './live-rig.ts';
import { readPlaylist } from './playlist-rules.ts';
import { between, nextPart, showOnAir, until } from './show-on-air.ts';
import { listening, upstream } from './stand-in-transcoder.ts';

let live: LiveRig;
beforeEach(async () => {
  live = await showOnAir();
});

describe('requests for the same', () => {
  it('are one request to the transcoder, also where it holds the answer back', async () => {
    const edge = await edgeBefore(live.port);
    const query = await nextPart(live);
    const [msn, part] = query.split('&');
    const before = await edge.metric('upstream_requests_total');
    const asked = Array.from({ length: 200 }, (_, viewer) => {
      // Whatever order, and whatever else a player or a link puts there.
      const mixed = viewer % 2 ? `${part}&${msn}&token=${viewer}` : `${msn}&${part}`;
      return edge.fetch(`source/playlist.m3u8?${mixed}`).then((response) => response.text());
    });
    await soon(() => edge.metric('waiting_requests')).toBe(200);
    live.push(between(4_700, 4_900));
    const bodies = await Promise.all(asked);
    expect(new Set(bodies).size).toBe(1);
    expect(await edge.metric('upstream_requests_total')).toBe(before + 1);
    expect(await edge.metric('requests_total{outcome="coalesced"}')).toBe(199);
    // And for who comes later.
    expect(await (await edge.fetch(`source/playlist.m3u8?${query}`)).text()).toBe(bodies[0]);
  });

  it('are one, compressed or not', async () => {
    const edge = await edgeBefore(live.port);
    const query = await nextPart(live);
    const asked = ['gzip', 'identity'].map((encoding) =>
      edge.fetch(`source/playlist.m3u8?${query}`, { headers: { 'accept-encoding': encoding } }),
    );
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    live.push(between(4_700, 4_900));
    const answers = await Promise.all(asked);
    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual(['gzip', null]);
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    expect(bodies[0]).toBe(bodies[1]);
    expect(await edge.metric('upstream_requests_total')).toBe(1);
  });

  it('are one, however what is listed is asked for', async () => {
    const edge = await edgeBefore(live.port);
    const newest = await (await edge.fetch('source/playlist.m3u8')).text();
    for (let msn = 0; msn < 50; msn++) {
      const answer = await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=${msn * 7}`);
      expect([await answer.text(), answer.headers.get('cache-control')]).toEqual([newest, 'public, max-age=1']);
    }
    // Once more where the time of the first was over meanwhile.
    expect(await edge.metric('upstream_requests_total')).toBeLessThanOrEqual(2 + 5);
    expect(await edge.metric('cache_entries')).toBe(1);
  });

  it('are one, however a show without blocking reload is asked', async () => {
    const plain = await showOnAir({ latency: 'standard' });
    const edge = await edgeBefore(plain.port);
    await (await edge.fetch('source/playlist.m3u8')).text();
    for (let part = 0; part < 20; part++) {
      await (await edge.fetch(`source/playlist.m3u8?_HLS_msn=999999999999&_HLS_part=${part}`)).text();
    }
    expect(await edge.metric('upstream_requests_total')).toBeLessThanOrEqual(5);
    expect(await edge.metric('cache_entries')).toBe(1);
  });

  it('are answered with what is newest, whoever waited for that', async () => {
    const edge = await edgeBefore(live.port);
    const early = await (await edge.fetch('source/playlist.m3u8')).text();
    const awaited = edge.fetch(`source/playlist.m3u8?${await nextPart(live)}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    live.push(between(4_700, 4_900));
    const newest = await (await awaited).text();
    expect(newest).not.toBe(early);
    expect(await (await edge.fetch('source/playlist.m3u8')).text()).toBe(newest);
  });

  it('do not bring the end of a show into the next', async () => {
    const edge = await edgeBefore(live.port);
    live.sink.publisherStopped('closed');
    live.sink.showEnded('grace-over');
    // The first number of a show is that of its moment.
    const first = firstNumbers(live.nowMs + 8_000, undefined).msn;
    for (const msn of [first - 1, first, first + 1]) {
      const ended = await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=3`);
      expect(await ended.text()).toContain('ENDLIST');
    }
    live.nowMs += 8_000;
    live.sink.publisherStarted();
    live.push(until(1_500));
    const fresh = await live.text('source/playlist.m3u8');
    const { segments, openParts } = readPlaylist(fresh);
    const msn = segments.at(-1)?.msn ?? Number(/MEDIA-SEQUENCE:(\d+)/.exec(fresh)![1]);
    expect([first - 1, first, first + 1]).toContain(msn);
    expect(openParts.length).toBeGreaterThan(3);
    const read = async () => (await edge.fetch(`source/playlist.m3u8?_HLS_msn=${msn}&_HLS_part=3`)).text();
    await soon(read).not.toContain('ENDLIST');
  });

  it('share what went wrong only with who waited', async () => {
    let asked = 0;
    const server = await upstream((_request, response) => {
      asked += 1;
      setTimeout(() => response.writeHead(404, { 'cache-control': 'no-store' }).end('no'), 100);
    });
    const edge = await edgeBefore(listening(server));
    const answers = await Promise.all(Array.from({ length: 5 }, () => edge.fetch('source/1.m4s')));
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(asked).toBe(1);
    await edge.fetch('source/1.m4s');
    expect(asked).toBe(2);
  });

  it('are kept for as long as the transcoder says, with their date and age', async () => {
    const edge = await edgeBefore(live.port);
    const playlist = () => edge.fetch('source/playlist.m3u8');
    const [first, second] = [await playlist(), await playlist()];
    expect(await edge.metric('upstream_requests_total')).toBe(1);
    expect(second.headers.get('date')).toBe(first.headers.get('date'));
    await sleep(1_050);
    await playlist();
    expect(await edge.metric('upstream_requests_total')).toBe(2);
    const { segments } = readPlaylist(await live.text('source/playlist.m3u8'));
    const segment = () => edge.fetch(`source/${segments[0]!.uri}`);
    const fresh = await segment();
    await sleep(1_050);
    const aged = await segment();
    expect([fresh.headers.get('age'), aged.headers.get('age')]).toEqual([null, '1']);
    expect(aged.headers.get('date')).toBe(fresh.headers.get('date'));
    expect(await edge.metric('upstream_requests_total')).toBe(3);
  });

  it('stay within the memory that they may take', async () => {
    const body = Buffer.alloc(100_000);
    const server = await upstream((_request, response) =>
      response.writeHead(200, { 'cache-control': 'public, max-age=3600, immutable' }).end(body),
    );
    // An eighth is for playlists that are remembered.
    const edge = await edgeBefore(listening(server), { cacheBytes: 1_100_000 });
    for (let msn = 0; msn < 30; msn++) await (await edge.fetch(`source/${msn}.m4s`)).arrayBuffer();
    expect(await edge.metric('cache_bytes')).toBeLessThanOrEqual(1_000_000);
    expect(await edge.metric('cache_entries')).toBe(9);
  });
});

describe('viewers who go away', () => {
  it('do not take the answer with them while somebody else waits', async () => {
    const edge = await edgeBefore(live.port);
    const query = await nextPart(live);
    const leaving = new AbortController();
    const left = edge.fetch(`source/playlist.m3u8?${query}`, { signal: leaving.signal }).catch(() => 'left');
    const staying = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    leaving.abort();
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    live.push(between(4_700, 4_900));
    expect((await staying).status).toBe(200);
    expect(await left).toBe('left');
    expect(await edge.metric('upstream_requests_total')).toBe(1);
  });

  it('take the question back where they were the last', async () => {
    let gone = false;
    const server = await upstream((_request, response) => response.once('close', () => (gone = true)));
    const edge = await edgeBefore(listening(server));
    const leaving = new AbortController();
    const asked = [0, 1].map(() => edge.fetch('source/1.0.m4s', { signal: leaving.signal }).catch(() => undefined));
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    leaving.abort();
    await Promise.all(asked);
    await soon(() => gone).toBe(true);
    expect(await edge.metric('waiting_requests')).toBe(0);
  });
});
