import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundConnections } from './bound-connections.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const server = createServer((_request, response) => void waiting.push(response));
let refused = 0;
boundConnections(server, 2, () => (refused += 1));
let waiting: ServerResponse[] = [];
let clients: Socket[] = [];

beforeEach(async () => {
  [waiting, clients, refused] = [[], [], 0];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function come(): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const client = connect(port, '127.0.0.1').on('error', () => undefined);
  clients.push(client.resume());
  await Promise.all([once(server, 'connection'), once(client, 'connect')]);
  return client;
}

async function ask(client: Socket, times = 1): Promise<void> {
  const before = waiting.length;
  client.write(GET.repeat(times));
  await expect.poll(() => waiting.length).toBe(before + times);
}

async function answer(): Promise<void> {
  const response = waiting.shift()!;
  response.end('here');
  await once(response, 'close');
}

it('closes the connection that has been idle longest for a newcomer', async () => {
  const [first, second] = [await come(), await come()];
  await ask(first);
  await answer();
  await Promise.all([once(second, 'close'), come()]);
  await Promise.all([once(first, 'close'), come()]);
  expect(refused).toBe(0);
});

it('closes the newcomer where answers are awaited on all, also where one of several is there', async () => {
  const [first, second] = [await come(), await come()];
  await ask(first, 2);
  await ask(second);
  await answer();
  await once(await come(), 'close');
  expect(refused).toBe(1);
  await answer();
  await Promise.all([once(first, 'close'), come()]);
  expect([refused, second.destroyed]).toEqual([1, false]);
});

it('takes nobody for idle whose answer is on its way', async () => {
  const [first, second] = [await come(), await come()];
  first.pause();
  await ask(first);
  await ask(second);
  // More than the system's buffers take.
  waiting.shift()!.end(Buffer.alloc(16 * 1024 * 1024));
  await once(await come(), 'close');
  first.resume();
  await expect.poll(async () => (await come(), first.destroyed)).toBe(true);
});

it('has room again where somebody left', async () => {
  const [first, second] = [await come(), await come()];
  await ask(first);
  await ask(second);
  first.destroy();
  await expect.poll(() => waiting[0]!.destroyed).toBe(true);
  await ask(await come());
  expect(refused).toBe(0);
});
