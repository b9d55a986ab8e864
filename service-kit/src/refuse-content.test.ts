import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { refuseContent } from './refuse-content.ts';

const server = createServer((_request, response) => void waiting.push(response));
refuseContent(server);
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

const ask = (fields: string, content = '') => client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${content}`);

it.each([
  ['content', 'Content-Length: 1000\r\n', 'x'],
  ['content in chunks', 'Transfer-Encoding: chunked\r\n', '1\r\nx\r\n'],
  ['trailers', 'Transfer-Encoding: chunked\r\n', '0\r\na: b\r\n\r\n'],
])('ends a connection that brings %s, while its answer is awaited', async (_, fields, content) => {
  ask(fields, content);
  await once(client, 'close');
});

it.each([
  ['none', ''],
  ['none and says so', 'Content-Length: 0\r\n'],
  ['none in chunks', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
])('answers who brings %s, one time after the other', async (_, fields, content = '') => {
  for (let time = 0; time < 2; time += 1) {
    ask(fields, content);
    await expect.poll(() => waiting.length).toBe(1);
    waiting.pop()!.end('here');
    await once(client, 'data');
  }
});
