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
  client.write(GET.repeat(33));
  await once(client, 'close');
});

it('takes any number of requests of who waits for answers now and then', async () => {
  for (let round = 0; round < 4; round += 1) {
    client.write(GET.repeat(32));
    await unanswered(32);
    answerAll();
  }
  client.write(GET);
  await unanswered(1);
});
