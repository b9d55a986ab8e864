import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { BOUNDED_REQUESTS, boundRequests } from './bound-requests.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

const server = createServer(BOUNDED_REQUESTS, (_request, response) => void waiting.push(response));
boundRequests(server);
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

/** For the other side to have read what was sent. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));
const unanswered = (count: number) => expect.poll(() => waiting.length).toBe(count);
const answerAll = () => waiting.splice(0).forEach((response) => response.end('here'));

it('reads a request when the one before was answered, and all of it was taken', async () => {
  client.write(GET.repeat(3));
  for (let nth = 0; nth < 3; nth += 1) {
    await unanswered(1);
    await settle();
    expect(waiting).toHaveLength(1);
    answerAll();
  }
});

it.each([1, 2, 3])('finds the end of a head of which the first bytes came before: %i', async (bytes) => {
  const at = GET.length - 4 + bytes;
  client.write(GET.slice(0, at));
  await settle();
  client.write(GET.slice(at) + GET);
  await unanswered(1);
  await settle();
  expect(waiting).toHaveLength(1);
  answerAll();
  await unanswered(1);
});

it('ends a connection that asks on and on without an answer', async () => {
  client.write(GET);
  await unanswered(1);
  client.write(GET.repeat(400));
  await once(client, 'close');
});

it('ends a connection that asks on behind content', async () => {
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'.repeat(2));
  await once(client, 'close');
});

it.each([
  ['content', 'Content-Length: 1\r\n', 'x'],
  ['content that is to come yet', 'Content-Length: 1000\r\n', 'x'],
  ['content in chunks', 'Transfer-Encoding: chunked\r\n', '1\r\nx\r\n0\r\na: b\r\n\r\n'],
  ['a promise of content', 'Content-Length: 1000\r\nExpect: 100-continue\r\n', ''],
])('answers who brings %s, and ends the connection', async (_, fields, content) => {
  const said = text(client);
  client.write(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${content}`);
  await unanswered(1);
  answerAll();
  expect(await said).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*here/);
});

it('lets no handler wait for content, and keeps none of it', async () => {
  const chunks = '1\r\nx\r\n'.repeat(50_000);
  client.write(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
  );
  await unanswered(1);
  const { req } = waiting[0]!;
  expect(Object.keys(req.headers)).toEqual(['host']);
  await expect.poll(() => req.complete).toBe(true);
  expect(req.readableLength).toBe(0);
  answerAll();
  await once(client, 'close');
});

it('keeps nothing on who brings content with what node:http refuses by itself', async () => {
  const said = text(client);
  client.write('GET / HTTP/1.1\r\nHost: a\r\nExpect: much\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n');
  expect(await said).toMatch(/^HTTP\/1\.1 417 [^]*Connection: close\r\n/);
  expect(waiting).toHaveLength(0);
});

it('answers one after the other who says that there is none', async () => {
  for (const fields of ['Content-Length: 0\r\n', '', 'Content-Length: 0\r\n']) {
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    await unanswered(1);
    answerAll();
    await once(client, 'data');
  }
});

it('takes a head that is as long as may be', async () => {
  client.write(`GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'y'.repeat(8_000)}\r\n\r\n`);
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
  await expect.poll(() => upgraded).toEqual(['', 'first']);
  client.write('second');
  await expect.poll(() => upgraded).toEqual(['', 'first', 'second']);
  client.end();
  const other = connect((server.address() as AddressInfo).port, '127.0.0.1').resume();
  other.on('error', () => undefined).write(upgrade + 'x'.repeat(10_000));
  await once(other, 'close');
});

it('waits with what it has read for a reader who takes no answers, and ends one who goes on', async () => {
  client.pause();
  client.write(GET.repeat(2));
  await unanswered(1);
  // More than the system's buffers take.
  waiting.pop()!.end(Buffer.alloc(16 * 1024 * 1024));
  await settle();
  expect(waiting).toHaveLength(0);
  client.resume();
  await unanswered(1);
  client.pause();
  waiting.pop()!.end(Buffer.alloc(16 * 1024 * 1024));
  const { socket } = await new Promise<ServerResponse>((resolve) => {
    server.once('request', (_request, response) => resolve(response));
    client.resume().write(GET);
  });
  client.write(GET.repeat(400));
  await once(socket!, 'close');
});
