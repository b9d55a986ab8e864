import { API_VERSION, liveStreamSchema, type LiveStream } from '@showrunner/crds';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream } from './event-stream.ts';
import type { LiveStreamChange, LiveStreamInformer } from './informer.ts';
import { LiveStreamJson } from './live-stream-json.ts';

/** More than the kernel buffers for a connection on this machine. */
const FLOOD_BYTES = 24 * 1024 * 1024;

const stream = (name: string, title: string): LiveStream =>
  liveStreamSchema.parse({ apiVersion: API_VERSION, kind: 'LiveStream', metadata: { name }, spec: { title } });

let events: EventStream;
let server: Server;
let streams: LiveStream[];
let informer: Pick<LiveStreamInformer, 'all' | 'onChange'>;
let tell: (change: LiveStreamChange) => void;
const sockets: Socket[] = [];

beforeEach(async () => {
  streams = [stream('lecture', 'Lecture')];
  const listeners: (typeof tell)[] = [];
  informer = {
    all: () => streams,
    onChange: (listener) => {
      listeners.push(listener);
      return { close: () => undefined };
    },
  };
  tell = (change) => listeners.forEach((listener) => listener(change));
  events = eventStream();
  server = createServer(({ socket }, response) => {
    if (events.hasRoomFor(socket.remoteAddress!)) events.add(response, {}, undefined);
    else response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  events.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  server.close();
});

function eventStream(limits: { maxClients?: number; mostUnreadBytes?: number } = {}): EventStream {
  return new EventStream({ informer, json: new LiveStreamJson(informer), maxClients: 10, now: Date.now, ...limits });
}
/** A client of which the server knows. */
async function client(localAddress = '127.0.0.1'): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
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

  it('holds a snapshot once for all who do not read it', async () => {
    streams = many();
    const mostUnreadBytes = FLOOD_BYTES;
    events = eventStream({ mostUnreadBytes });
    for (let n = 0; n < 4; n += 1) (await client()).pause();
    tell({ type: 'changed', before: undefined, stream: stream('lecture', 'Another') });
    expect(await connections()).toBe(4);
  }, 60_000);

  it('cuts off who left most unread where all together leave too much', async () => {
    streams = many();
    events = eventStream({ mostUnreadBytes: FLOOD_BYTES });
    const reader = await client();
    let read = 0;
    reader.on('data', ({ length }) => (read += length));
    await expect.poll(() => read, { timeout: 30_000 }).toBeGreaterThan(10_000_000);
    // Each to a snapshot of its own.
    for (let n = 0; n < 3; n += 1) {
      (await client()).pause();
      tell({ type: 'changed', before: undefined, stream: stream('lecture', `Take ${n}`) });
    }
    await expect.poll(connections, { timeout: 10_000 }).toBe(2);
    const before = read;
    tell({ type: 'changed', before: undefined, stream: stream('lecture', 'For who reads') });
    await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThan(before);
  }, 60_000);

  it('gives the place of an address that has many to one that has none', async () => {
    events = eventStream({ maxClients: 4 });
    const crowd = [];
    for (let n = 0; n < 4; n += 1) crowd.push(await client('127.0.0.2'));
    const firstWords = async (socket: Socket) => String((await once(socket, 'data'))[0]).slice(0, 12);
    expect(await firstWords(await client('127.0.0.2'))).toBe('HTTP/1.1 503');
    const gone = once(crowd[0]!.resume(), 'close');
    expect(await firstWords(await client('127.0.0.3'))).toBe('HTTP/1.1 200');
    await gone;
    expect(await firstWords(await client('127.0.0.3'))).toBe('HTTP/1.1 200');
    expect(await firstWords(await client('127.0.0.3'))).toBe('HTTP/1.1 503');
  });

  it('lets nobody who does not read hold up the end of the server', async () => {
    streams = many();
    (await client()).pause();
    const began = performance.now();
    events.close();
    await new Promise((resolve) => server.close(resolve));
    expect(performance.now() - began).toBeLessThan(3_000);
  }, 60_000);
});
