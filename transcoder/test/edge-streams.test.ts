import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { EdgeLimits } from '../src/edge/edge.ts';
import { edgeBefore, soon, type EdgeRig } from './edge-rig.ts';
import { showOnAir } from './show-on-air.ts';
import { listening, upstream } from './stand-in-transcoder.ts';

describe('streams that are not there', () => {
  // A name that no name server knows (RFC 6761).
  const nowhere = () => `${Math.random().toString(36).slice(2)}.invalid.`;

  it('are told soon, and not looked for again at once', async () => {
    const edge = await edgeBefore(nowhere);
    const began = performance.now();
    const answers = await Promise.all([1, 2, 3].map((msn) => edge.fetch(`source/${msn}.m4s`)));
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect(await answers[0]!.text()).toBe('There is no stream named default/live.\n');
    const looked = await edge.metric('upstream_requests_total');
    expect((await edge.fetch('master.m3u8')).status).toBe(404);
    expect(await edge.metric('upstream_requests_total')).toBe(looked);
    await sleep(1_050);
    expect((await edge.fetch('master.m3u8')).status).toBe(404);
    expect(await edge.metric('upstream_requests_total')).toBe(looked + 1);
    expect(await edge.metric('streams')).toBe(0);
  });

  it('are looked for no oftener than they may be over all, and those that were reached are not counted', async () => {
    const there = listening(await upstream((_request, response) => response.writeHead(200).end('media')));
    const limits = { lookups: { perSecond: 0.01, burst: 2 } };
    const edge = await edgeBefore(({ name }) => (name === 'there' ? there : nowhere()), { limits });
    const ask = (stream: string, msn: number) => fetch(edge.url(`source/${msn}.m4s`).replace('/live/', `/${stream}/`));
    const statuses: number[] = [];
    for (const stream of ['there', 'one', 'two', 'three', 'there'])
      statuses.push((await ask(stream, statuses.length)).status);
    expect(statuses).toEqual([200, 404, 503, 503, 200]);
    expect((await ask('four', 1)).headers.get('retry-after')).toBe('1');
    expect(await edge.metric('lookups_refused_total')).toBe(3);
    expect(await edge.metric('upstream_requests_total')).toBe(3);
    expect(await edge.metric('streams')).toBe(1);
  });
});

describe('streams that are looked for', () => {
  const at = (edge: EdgeRig, stream: string) => fetch(edge.url('source/1.m4s').replace('/live/', `/${stream}/`));
  /** `there` has a transcoder, all others have none that takes a connection. */
  async function edgeOf(limits: Partial<EdgeLimits>) {
    const there = listening(await upstream((_request, response) => response.writeHead(200).end('media')));
    const gone = await upstream(() => undefined);
    const nowhere = listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    return edgeBefore(({ name }) => (name.startsWith('there') ? there : nowhere), { limits });
  }

  it('make room where they are not found, the longest first', async () => {
    const edge = await edgeOf({ unknownStreams: 2 });
    const away = ['one', 'two'].map((stream) => at(edge, stream));
    await soon(() => edge.metric('streams')).toBe(2);
    await sleep(1_050);
    expect((await at(edge, 'there')).status).toBe(200);
    const first = await away[0]!;
    expect([first.status, await first.text()]).toEqual([
      503,
      'The transcoder of default/one cannot be reached at the moment: ask again.\n',
    ]);
    // Those that are there take none of these places.
    const third = at(edge, 'three');
    await soon(() => edge.metric('streams')).toBe(3);
    expect((await at(edge, 'there')).status).toBe(200);
    edge.server.closeAllConnections();
    await Promise.allSettled([...away, third]);
    await soon(() => edge.metric('streams')).toBe(1);
  });

  it('cost none of what may be looked for where there is no room, and are counted', async () => {
    const edge = await edgeOf({ unknownStreams: 1, lookups: { perSecond: 0.01, burst: 2 } });
    const away = at(edge, 'one');
    await soon(() => edge.metric('streams')).toBe(1);
    expect((await at(edge, 'two')).status).toBe(503);
    expect(await edge.metric('lookups_refused_total')).toBe(1);
    await sleep(1_050);
    expect((await at(edge, 'there')).status).toBe(200);
    await away;
  });

  it('are not held up by others where they were reached before', async () => {
    const edge = await edgeOf({ unusedMs: 100, lookups: { perSecond: 0.01, burst: 1 } });
    expect((await at(edge, 'there')).status).toBe(200);
    await soon(() => edge.metric('streams')).toBe(0);
    expect((await at(edge, 'there-too')).status).toBe(503);
    expect((await fetch(edge.url('source/2.m4s').replace('/live/', '/there/'))).status).toBe(200);
  });

  it('are not held up by those without a transcoder where they were reached before', async () => {
    const edge = await edgeOf({ unusedMs: 100, unknownStreams: 1 });
    expect((await at(edge, 'there')).status).toBe(200);
    await soon(() => edge.metric('streams')).toBe(0);
    const away = at(edge, 'one');
    await soon(() => edge.metric('streams')).toBe(1);
    expect((await at(edge, 'two')).status).toBe(503);
    expect((await fetch(edge.url('source/2.m4s').replace('/live/', '/there/'))).status).toBe(200);
    expect((await away).status).toBe(503);
  });

  it('leave nothing behind where there was no room', async () => {
    const edge = await edgeOf({ waiters: 2 });
    const waiting = ['away', 'away-too'].map((stream) => at(edge, stream));
    await soon(() => edge.metric('waiting_requests')).toBe(2);
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => (await at(edge, `other-${n}`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    expect(await edge.metric('streams')).toBe(2);
    edge.server.closeAllConnections();
    await Promise.allSettled(waiting);
  });

  it('are no more than can be remembered', async () => {
    const edge = await edgeOf({ streams: 1 });
    const statuses: number[] = [];
    for (const stream of ['there', 'there-too', 'there']) statuses.push((await at(edge, stream)).status);
    expect(statuses).toEqual([200, 503, 200]);
  });
});

describe('an edge of some namespaces', () => {
  it('knows no streams of others', async () => {
    const live = await showOnAir();
    const [own, other] = [
      await edgeBefore(live.port, { namespaces: ['default'] }),
      await edgeBefore(live.port, { namespaces: ['shows'] }),
    ];
    expect((await own.fetch('master.m3u8')).status).toBe(200);
    const refused = await other.fetch('master.m3u8');
    expect([refused.status, await refused.text()]).toEqual([404, 'There is no stream named default/live.\n']);
    expect(await other.metric('upstream_requests_total')).toBe(0);
  });
});
