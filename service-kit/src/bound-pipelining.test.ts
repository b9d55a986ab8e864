import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { BOUNDED_PIPELINING, readInSlices } from './bound-pipelining.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const server = createServer(BOUNDED_PIPELINING, (_request, response) => void waiting.push(response));
readInSlices(server);
let waiting: ServerResponse[] = [];
let client: Socket;

beforeEach(async () => {
  waiting = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  client.on('error', () => undefined);
});
afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const unanswered = (count: number) => expect.poll(() => waiting.length).toBe(count);
const answerAll = () => waiting.splice(0).forEach((response) => response.end('here'));

it.each([
  ['asks on and on without an answer', GET],
  ['asks without a Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['expects what nobody does', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: much\r\n\r\n'],
])('ends a connection that %s', async (_, request) => {
  client.write(GET);
  await unanswered(1);
  client.write(request.repeat(32));
  await once(client, 'close');
});

it('takes any number of requests of who waits for answers now and then', async () => {
  for (let round = 0; round < 4; round += 1) {
    client.write(GET.repeat(8));
    await unanswered(8);
    answerAll();
  }
  client.write(GET);
  await unanswered(1);
});

it('takes what is longer than a slice', async () => {
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'y'.repeat(5_000)}\r\n\r\n`);
  await unanswered(1);
});

it('gives a socket away to another protocol, but not with more than that may say before it is answered', async () => {
  const upgraded: string[] = [];
  server.on('upgrade', (_request, socket, head) => {
    upgraded.push(head.toString());
    socket.on('error', () => undefined).on('end', () => socket.end());
    socket.on('data', (chunk: Buffer) => void upgraded.push(chunk.toString()));
  });
  onTestFinished(() => void server.removeAllListeners('upgrade'));
  const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n';
  client.write(`${upgrade}first`);
  await expect.poll(() => upgraded).toEqual(['first']);
  client.write('second');
  await expect.poll(() => upgraded).toEqual(['first', 'second']);
  client.end();
  const other = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  other.on('error', () => undefined).write(upgrade + 'x'.repeat(10_000));
  await once(other, 'close');
});

it('waits with the rest of what it has read for a reader who takes no answers', async () => {
  client.pause();
  client.write(GET.repeat(2));
  await unanswered(2);
  // More than the system's buffers take.
  const [first] = waiting.splice(0, 1);
  first!.end(Buffer.alloc(16 * 1024 * 1024));
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'y'.repeat(2_000)}\r\n\r\n`.repeat(6));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(waiting.length).toBeLessThan(4);
  client.resume();
  await unanswered(7);
});
