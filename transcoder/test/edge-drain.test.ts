import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, createRegistry } from '@showrunner/service-kit';
import { describe, expect, it } from 'vitest';
import { edgePodConfigSchema } from '../src/edge/config.ts';
import { createEdgePod } from '../src/edge/edge-pod.ts';
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

  it('is ready for as long as it takes requests, and takes them for a while after it was told to go', async () => {
    const log: string[] = [];
    const pod = createEdgePod({
      config: edgePodConfigSchema.parse({ host: '127.0.0.1', httpPort: 0, opsPort: 0, drainMs: 600 }),
      logger: createLogger({ name: 'test', level: 'info' }, { write: (line: string) => void log.push(line) }),
      registry: createRegistry(),
    });
    await pod.start();
    const { ports } = JSON.parse(log.at(-1)!) as { ports: { http: number; ops: number } };
    const status = async (url: string) => (await fetch(url)).status;
    const closed = pod.close();
    await sleep(300);
    expect(await status(`http://127.0.0.1:${ports.http}/hls/`)).toBe(404);
    expect(await status(`http://127.0.0.1:${ports.ops}/readyz`)).toBe(200);
    await closed;
    await expect(status(`http://127.0.0.1:${ports.http}/hls/`)).rejects.toThrow();
  });
});
