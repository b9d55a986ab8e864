import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createRegistry } from '@showrunner/service-kit';
import { afterEach, expect, it, vi } from 'vitest';
import { MediaServer } from './media-server.ts';
import { mediaReply } from './replies.ts';
import { UnsentAnswers, type UnsentLimits } from './unsent-answers.ts';

/** More than the kernel buffers for a connection on this machine. */
const BYTES = 24 * 1024 * 1024;
const MEDIA = Buffer.alloc(BYTES);
const LATER = { timeout: 20_000 };

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function serve(unsent: Partial<UnsentLimits>) {
  const registry = createRegistry();
  const server = new MediaServer({
    media: (exchange) => {
      exchange.reply(mediaReply('video/iso.segment', BYTES, () => [MEDIA]));
      return true;
    },
    rest: (_request, response) => response.end(),
    failed: (error) => {
      throw error;
    },
    registry,
    unsent,
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(
    () => server.closeAllConnections(),
    () => server.close(),
  );
  const metric = async (line: string): Promise<number> => {
    const found = (await registry.metrics()).split('\n').find((one) => one.startsWith(`showrunner_media_${line} `));
    return Number(found?.split(' ').at(-1) ?? 0);
  };
  const open = new Set<number | undefined>();
  server.on('connection', (socket: Socket) => {
    const { remotePort } = socket;
    open.add(remotePort);
    socket.once('close', () => open.delete(remotePort));
  });
  /** Asks, and takes so many bytes every 20 ms. */
  const reader = async (bytesAtOnce: number, fields = '') => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    const { localPort } = socket;
    // What is not read from the stream stays in the kernel.
    socket.on('readable', () => undefined);
    socket.write(`GET /hls/media HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    const taking = setInterval(() => void socket.read(Math.min(bytesAtOnce, socket.readableLength)), 20);
    closers.push(
      () => clearInterval(taking),
      () => socket.destroy(),
    );
    return { socket, isServed: () => open.has(localPort) };
  };
  return { reader, metric };
}

it.each([
  ['the short way', ''],
  ['node:http', 'Range: bytes=0-\r\n'],
])('cuts off who takes a little now and then, by way of %s', async (_way, fields) => {
  const { reader, metric } = await serve({ firstMs: 200, leastBytesPerS: 100 * 1024 * 1024 });
  const trickling = await reader(1_000, fields);
  await expect.poll(() => metric('unsent_bytes')).toBeGreaterThanOrEqual(BYTES);
  await expect.poll(() => metric('readers_cut_off_total{reason="slow"}'), LATER).toBe(1);
  await expect.poll(trickling.isServed, LATER).toBe(false);
  await expect.poll(() => metric('unsent_bytes'), LATER).toBe(0);
});

it('cuts off the slowest where all together keep too much, and counts what they share once', async () => {
  vi.useFakeTimers();
  closers.push(() => vi.useRealTimers());
  const unsent = new UnsentAnswers(createRegistry(), { mostBytes: 250 });
  const [shared, own] = [Buffer.alloc(100), Buffer.alloc(100)];
  const cut: string[] = [];
  const left = new Map<string, number>();
  const add = (name: string, piece: Buffer) => {
    left.set(name, 100);
    const cutOff = () => {
      cut.push(name);
      left.set(name, 0);
    };
    unsent.add({ pieces: [piece], unsentBytes: () => left.get(name)!, cutOff });
  };
  for (const name of ['first', 'second', 'third']) add(name, shared);
  add('slow', own);
  vi.advanceTimersByTime(1_000);
  expect(cut).toEqual([]);
  for (const name of ['first', 'second', 'third']) left.set(name, 50);
  left.set('slow', 99);
  add('late', Buffer.from(new ArrayBuffer(100)));
  left.set('late', 80);
  vi.advanceTimersByTime(1_000);
  expect(cut).toEqual(['slow']);
});

it('lets who is quick enough have all of it', async () => {
  const { reader, metric } = await serve({ firstMs: 100 });
  let read = 0;
  (await reader(0)).socket.removeAllListeners('readable').on('data', ({ length }: Buffer) => (read += length));
  await expect.poll(() => read, LATER).toBeGreaterThan(BYTES);
  expect(await metric('readers_cut_off_total{reason="slow"}')).toBe(0);
});
