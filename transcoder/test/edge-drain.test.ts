import { describe, expect, it } from 'vitest';
import { edgeBefore, soon } from './edge-rig.ts';
import { between, nextPart, showOnAir } from './show-on-air.ts';

describe('an edge that ends', () => {
  it('answers everybody, and sends them elsewhere', async () => {
    const live = await showOnAir();
    const edge = await edgeBefore(live.port);
    const query = await nextPart(live);
    const blocked = edge.fetch(`source/playlist.m3u8?${query}`);
    await soon(() => edge.metric('waiting_requests')).toBe(1);
    edge.server.drain();
    const [fast, slow] = [
      await edge.fetch('master.m3u8'),
      await edge.fetch('source/playlist.m3u8', { method: 'HEAD' }),
    ];
    expect([fast.status, fast.headers.get('connection')]).toEqual([200, 'close']);
    expect([slow.status, slow.headers.get('connection')]).toEqual([200, 'close']);
    const closed = new Promise((resolve) => edge.server.close(resolve));
    live.push(between(4_700, 4_900));
    const last = await blocked;
    expect([last.status, last.headers.get('connection')]).toEqual([200, 'close']);
    await closed;
  });
});
