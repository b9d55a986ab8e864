import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  followLive,
  pushTestPicture,
  readerClock,
  residentBytes,
  startShowrunner,
  type Publisher,
  type Showrunner,
} from '../support/index.ts';

const MEGABYTE = 1_000_000;

/** A connection that asks and then never reads what comes. */
async function deafReader(port: number, request: string): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  socket.pause();
  await new Promise((connected) => socket.once('connect', connected));
  socket.write(request);
  return socket;
}

async function allClosed(sockets: readonly Socket[]): Promise<boolean> {
  const open = sockets.filter(({ destroyed }) => !destroyed);
  const closing = open.map((socket) => new Promise((closed) => socket.once('close', closed)));
  return Promise.race([Promise.all(closing).then(() => true), sleep(5_000, false)]);
}

describe('readers that do not read', () => {
  let product: Showrunner;
  let publisher: Publisher;
  const deaf: Socket[] = [];
  beforeAll(async () => {
    product = await startShowrunner();
    // 16 Mbit/s, so that what is not read soon exceeds what the system's own buffers take.
    publisher = pushTestPicture(product.publishUrl(), { width: 640, height: 360, videoKbps: 16_000, padded: true });
  });
  afterAll(async () => {
    for (const socket of deaf) socket.destroy();
    await publisher?.kill();
    await product?.stop();
  });

  it('disturb nobody else, and memory stays bounded', async () => {
    const reader = await followLive(product.masterUrl());
    await sleep(7_000);
    const playlist = new URL(reader.variant.uri, product.masterUrl());
    const segment = new URL(reader.playlist.segments.findLast(({ uri }) => uri)?.uri ?? '', playlist);
    const flv = new URL((await product.command('flv-url', 'default/live')).stdout.trim());
    const before = residentBytes(product.pid);
    const from = readerClock();

    const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const greedy: Socket[] = [];
    for (let index = 0; index < 20; index += 1) {
      deaf.push(await deafReader(product.httpPort, ask(segment.pathname).repeat(8)));
      deaf.push(await deafReader(product.httpPort, ask(playlist.pathname).repeat(8)));
      greedy.push(await deafReader(product.httpPort, ask(playlist.pathname).repeat(500)));
    }
    const flvReaders: Socket[] = [];
    for (let index = 0; index < 10; index += 1) {
      flvReaders.push(await deafReader(product.httpPort, ask(flv.pathname + flv.search)));
    }
    deaf.push(...flvReaders, ...greedy);
    await sleep(15_000);

    await reader.stop();
    expect.soft(reader.violations).toEqual([]);
    expect.soft(Math.max(...reader.lateness(from))).toBeLessThan(3_000 * (reader.playlist.partTarget ?? 0));
    // Eight segments of four megabytes for each of twenty connections would be more than half a gigabyte, were they queued;
    // thirty megabytes are what the show itself has grown by.
    expect.soft(residentBytes(product.pid) - before).toBeLessThan(90 * MEGABYTE);
    // What a slow FLV reader has not taken is bounded, and then it is dropped: reading on, it comes to an end.
    for (const socket of flvReaders) socket.resume();
    expect(await allClosed(flvReaders), 'the deaf FLV readers were dropped').toBe(true);
    // So is who asks on and on without taking an answer.
    for (const socket of greedy) socket.resume();
    expect(await allClosed(greedy), 'the greedy ones were dropped').toBe(true);
  });
});
