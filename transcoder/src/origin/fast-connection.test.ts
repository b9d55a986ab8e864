import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FastConnection } from './fast-connection.ts';
import { Reply } from './reply.ts';

const REQUEST = 'GET /hls/a HTTP/1.1\r\nHost: a\r\n\r\n';
const MEGABYTES = 24;

/** Connects to a server whose connections are fast ones, and tells after how many milliseconds it was cut. */
async function closedAfter(act: (client: ReturnType<typeof connect>) => Promise<void>): Promise<number> {
  const body = Buffer.alloc(1_000_000);
  const server = createServer((socket) => {
    new FastConnection(socket, {
      media: (exchange) => {
        exchange.reply(new Reply(200, [], MEGABYTES * body.length, () => Array<Buffer>(MEGABYTES).fill(body)));
        return true;
      },
      answered: () => undefined,
      attachHttp: () => expect.unreachable(),
      firstRequestMs: 150,
      idleMs: 600,
      stalledMs: 300,
      unsent: { add: () => undefined },
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const began = performance.now();
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const [accepted] = (await once(server, 'connection')) as [ReturnType<typeof connect>];
  const closed = once(accepted, 'close');
  await act(client);
  await closed;
  client.destroy();
  server.close();
  return performance.now() - began;
}

it('is cut when no request comes', async () => {
  const ms = await closedAfter(() => Promise.resolve());
  expect(ms).toBeGreaterThan(140);
  expect(ms).toBeLessThan(500);
});

it('is cut when its reader takes nothing', async () => {
  const ms = await closedAfter((client) => Promise.resolve(void client.pause().write(REQUEST)));
  expect(ms).toBeGreaterThan(290);
  expect(ms).toBeLessThan(1500);
});

it('is left to a reader that is slow', async () => {
  let received = 0;
  await closedAfter(async (client) => {
    client.write(REQUEST);
    // One read every now and then, for longer than a stalled reader is given.
    client.on('data', (chunk: Buffer) => {
      received += chunk.length;
      client.pause();
      void sleep(2).then(() => client.resume());
    });
    while (received < MEGABYTES * 1_000_000) await sleep(20);
  });
  expect(received).toBeGreaterThanOrEqual(MEGABYTES * 1_000_000);
});
