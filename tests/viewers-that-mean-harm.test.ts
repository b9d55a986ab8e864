import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MOST_CONNECTION_BYTES } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePorts, residentBytes, startEdge, type MediaProcess } from './support/index.ts';

/** What is not collected yet. */
const GARBAGE_BYTES = 48 * 1024 * 1024;
const LINE = 'GET /hls/default/live/source/playlist.m3u8?_HLS_msn=7 HTTP/1.1\r\nHost: a\r\n';
const FIELDS = Array.from({ length: 98 }, (_, n) => `f${n}: ${'v'.repeat(72)}\r\n`).join('');
const FULL = `${LINE}${FIELDS}\r\n`;
const REFUSED = `${LINE}Expect: much\r\nTransfer-Encoding: chunked\r\n\r\n`;
const CHUNKS = '1\r\nx\r\n'.repeat(2_000);

describe('an edge whose transcoder says nothing', () => {
  let transcoder: Server;
  let edge: MediaProcess;
  let viewers: Socket[];
  beforeEach(async () => {
    viewers = [];
    transcoder = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(transcoder, 'listening');
    const [http = 0, ops = 0] = await freePorts(2);
    edge = await startEdge([http, ops], (transcoder.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const viewer of viewers) viewer.destroy();
    await edge?.stop('SIGKILL');
    transcoder.closeAllConnections();
    transcoder.close();
  });

  async function come(pieces: readonly string[]): Promise<void> {
    const viewer = connect(edge.httpPort, '127.0.0.1').on('error', () => undefined);
    viewers.push(viewer.resume());
    await once(viewer, 'connect');
    for (const piece of pieces) {
      if (!viewer.destroyed) viewer.write(piece);
      await sleep(10);
    }
  }

  it.each([
    ['ask eight times at once, with the longest and fullest heads', 1_000, Array<string>(8).fill(FULL)],
    ['ask so once, and for half of another', 1_000, [FULL, FULL.slice(0, -200)]],
    ['ask so once, and begin another again and again', 400, [FULL, ...Array<string>(20).fill('G')]],
    ['send what nobody reads', 200, [`${LINE}Transfer-Encoding: chunked\r\n\r\n`, ...Array<string>(8).fill(CHUNKS)]],
    ['send what nobody reads, behind a request that is refused', 200, [REFUSED, ...Array<string>(8).fill(CHUNKS)]],
  ])('keeps within its bounds where viewers %s', async (_, count, pieces) => {
    await come([LINE, '\r\n']);
    await sleep(500);
    const before = residentBytes(edge.pid);
    for (let n = 0; n < count; n += 100) await Promise.all(Array.from({ length: 100 }, () => come(pieces)));
    await sleep(1_000);
    expect(residentBytes(edge.pid) - before).toBeLessThan(count * MOST_CONNECTION_BYTES + GARBAGE_BYTES);
  });
});
