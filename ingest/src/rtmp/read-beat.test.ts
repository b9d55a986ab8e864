import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReadBeat } from './read-beat.ts';
import { readInto } from './socket-reader.ts';

/** One connection as the beat sees it. */
interface Read {
  readonly socket: Socket;
  readonly client: Socket;
  bytes: Buffer;
  calls: number;
  closed: boolean;
  /** Thrown when something comes. */
  fault?: Error;
  leave: () => void;
}

const INTERVAL_MS = 60;
let server: Server;
let beat: ReadBeat;
let reads: Read[];

beforeEach(async () => {
  reads = [];
  beat = new ReadBeat({ from: 3, intervalMs: INTERVAL_MS });
  server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const { client, socket } of reads) {
    client.destroy();
    socket.destroy();
  }
  server.close();
  await once(server, 'close');
});

async function open(): Promise<Read> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  const take = (buffer: Buffer, length: number): boolean => {
    read.bytes = Buffer.concat([read.bytes, buffer.subarray(0, length)]);
    read.calls++;
    if (read.fault) throw read.fault;
    return true;
  };
  const socket = readInto((await accepted)[0], take);
  socket.on('error', () => undefined).once('close', () => (read.closed = true));
  const read: Read = { socket, client, bytes: Buffer.alloc(0), calls: 0, closed: false, leave: () => undefined };
  read.leave = beat.join(socket, take);
  reads.push(read);
  return read;
}

const text = ({ bytes }: Read) => bytes.toString('latin1');

/** What is sent while this passes is read in one go at a beat, and by itself without one. */
async function inPieces(client: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    client.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 4));
  }
}

describe('publishers that are read', () => {
  it('are read by themselves while there are few', async () => {
    const [first] = [await open(), await open()];
    await inPieces(first.client, ['a', 'b', 'c', 'd', 'e']);
    await expect.poll(() => text(first)).toBe('abcde');
    expect(first.calls).toBeGreaterThan(2);
  });

  it('are read together from a number on, and by themselves again below it', async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    await inPieces(first.client, ['a', 'b', 'c', 'd', 'e']);
    await inPieces(third.client, ['1', '2', '3']);
    await expect.poll(() => text(first) + text(third)).toBe('abcde123');
    expect(first.calls).toBeLessThanOrEqual(2);
    second.leave();
    second.leave();
    const before = first.calls;
    await inPieces(first.client, ['f', 'g', 'h', 'i', 'j']);
    second.client.write('alone');
    await expect.poll(() => text(first) + text(second)).toBe('abcdefghijalone');
    expect(first.calls - before).toBeGreaterThan(2);
  });

  it('may send more than fits into one read, or into one beat', async () => {
    const [first] = [await open(), await open(), await open()];
    const sent = Buffer.alloc(5_000_000, Buffer.from('0123456789abc'));
    first.client.write(sent);
    await expect.poll(() => first.bytes.length, { timeout: 5_000 }).toBe(sent.length);
    expect(first.bytes.equals(sent)).toBe(true);
  });

  it('are seen to go, by a goodbye and without one', async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    first.client.end('bye');
    second.client.resetAndDestroy();
    await expect.poll(() => [text(first), first.closed, second.closed]).toEqual(['bye', true, true]);
    third.client.write('here');
    await expect.poll(() => text(third)).toBe('here');
    expect(third.closed).toBe(false);
  });

  it('are read on when what one of them sends cannot be dealt with, which ends that one alone', async () => {
    const [first, second, third] = [await open(), await open(), await open()];
    const errors: Error[] = [];
    first.socket.on('error', (error) => errors.push(error));
    first.fault = new Error('What it sent cannot be dealt with.');
    const limit = Error.stackTraceLimit;
    first.client.write('bad');
    second.client.write('here');
    await expect.poll(() => [first.closed, text(second)]).toEqual([true, 'here']);
    expect(errors).toEqual([first.fault]);
    expect(Error.stackTraceLimit).toBe(limit);
    third.client.write('there');
    await expect.poll(() => text(third)).toBe('there');
  });

  it('are not read after they were closed here', async () => {
    const [first, second] = [await open(), await open(), await open()];
    first.client.write('late');
    first.socket.destroy();
    second.client.write('here');
    await expect.poll(() => text(second)).toBe('here');
    expect(text(first)).toBe('');
  });
});
