import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundPipelining } from './bound-pipelining.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const server = createServer((_request, response) => void waiting.push(response));
boundPipelining(server);
let waiting: ServerResponse[] = [];
let client: Socket;

beforeEach(async () => {
  waiting = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
});
afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const unanswered = (count: number) => expect.poll(() => waiting.length).toBe(count);
const answerAll = () => waiting.splice(0).forEach((response) => response.end('here'));

it('ends a connection that asks on and on without an answer', async () => {
  client.write(GET.repeat(9));
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

it('takes what is longer than a slice, and gives a socket away with all that was read of it', async () => {
  const rest = 'x'.repeat(10_000);
  const upgraded = new Promise<string>((resolve) => {
    server.once('upgrade', (_request, socket, head) => {
      let read = head.toString();
      socket.on('data', (chunk: Buffer) => {
        read += chunk.toString();
        if (read.length >= rest.length) resolve(read);
      });
      socket.once('end', () => socket.end());
    });
  });
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'y'.repeat(5_000)}\r\n\r\n`);
  await unanswered(1);
  answerAll();
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n${rest}`);
  expect(await upgraded).toBe(rest);
  client.end();
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
