import { API_VERSION, liveStreamSchema, type LiveStream } from '@showrunner/crds';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream } from './event-stream.ts';
import type { LiveStreamChange } from './informer.ts';

/** More than the kernel buffers for a connection on this machine. */
const FLOOD_BYTES = 24 * 1024 * 1024;

const stream = (name: string, title: string): LiveStream =>
  liveStreamSchema.parse({ apiVersion: API_VERSION, kind: 'LiveStream', metadata: { name }, spec: { title } });

let events: EventStream;
let server: Server;
let streams: LiveStream[];
let tell: (change: LiveStreamChange) => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  streams = [stream('lecture', 'Lecture')];
  const informer = {
    all: () => streams,
    onChange: (listener: typeof tell) => {
      tell = listener;
      return { close: () => undefined };
    },
  };
  events = new EventStream(informer, { maxClients: 10, now: Date.now });
  server = createServer((_request, response) => events.add(response, {}, undefined));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  events.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

/** A client of which the server knows. */
async function client(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  const asked = once(server, 'request');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await asked;
  return socket;
}
/** Changes until so many bytes have been said, with time for the sockets in between. */
async function flood(bytes: number): Promise<void> {
  for (let sent = 0; sent < bytes;) {
    for (let n = 0; n < 200; n += 1) {
      tell({ type: 'changed', before: undefined, stream: stream('lecture', `${n} ${'x'.repeat(120)}`) });
      sent += 300;
    }
    await sleep(1);
  }
}
/** A snapshot of about 20 MB. */
const many = () => Array.from({ length: 60_000 }, (_, n) => stream(`show-${n}`, 'x'.repeat(120)));
const connections = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

describe('EventStream', () => {
  it('cuts off who does not read, and goes on for who does', async () => {
    const sleeper = await client();
    sleeper.pause();
    const reader = await client();
    let read = 0;
    reader.on('data', ({ length }) => (read += length));
    await flood(FLOOD_BYTES);
    expect(await connections()).toBe(1);
    const before = read;
    await flood(1);
    await sleep(50);
    expect(read).toBeGreaterThan(before);
  }, 60_000);

  it('lets a client read a snapshot that is longer than the backlog, while things change', async () => {
    streams = many();
    const socket = await client();
    socket.pause();
    await flood(10_000);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-400)));
    socket.resume();
    for (let waited = 0; !text.includes('event: change') && waited < 100; waited += 1) await sleep(50);
    expect(text).toContain('event: change');
  }, 60_000);

  it('lets nobody who does not read hold up the end of the server', async () => {
    streams = many();
    (await client()).pause();
    const began = performance.now();
    events.close();
    await new Promise((resolve) => server.close(resolve));
    expect(performance.now() - began).toBeLessThan(3_000);
  }, 60_000);
});
