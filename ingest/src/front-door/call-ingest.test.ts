import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { STRANGER_LIMITS } from '../rtmp/connection.ts';
import { HANDSHAKE_BYTES, RtmpProtocol } from '../rtmp/protocol.ts';
import { callIngest, type CallResult } from './call-ingest.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const GREETING = Buffer.alloc(HANDSHAKE_BYTES, 3);
const START = start();

function start(): Buffer {
  const pieces: Buffer[] = [];
  const protocol = new RtmpProtocol(STRANGER_LIMITS, {
    output: (bytes) => void pieces.push(Buffer.from(bytes)),
  } as ConstructorParameters<typeof RtmpProtocol>[1]);
  protocol.acceptPublish();
  return Buffer.concat(pieces);
}

/** Calls an ingest in the test's hands; it is given each piece that it is sent, by number. */
async function call(answer: (socket: Socket, turn: number) => void): Promise<CallResult> {
  const server = createServer((socket) => {
    let turn = 0;
    socket.on('error', () => undefined).on('data', () => answer(socket, turn++));
  });
  closers.push(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  const { signal } = new AbortController();
  return callIngest({ address, record: Buffer.alloc(60_000), created: [], timeoutMs: 5_000, signal });
}

// An error that nobody listens for ends the process, and fails this file.
describe('the call to a hostile ingest', () => {
  it('outlives one that says start before it was asked, and resets the connection', async () => {
    for (let round = 0; round < 50; round++) {
      const result = await call((socket, turn) => {
        if (turn === 0) socket.write(Buffer.concat([GREETING, START]), () => socket.resetAndDestroy());
      });
      expect(result.kind).toBe('unreachable');
    }
  });

  it('outlives one that resets the connection before anybody has taken it over', async () => {
    let ingest: Socket | undefined;
    const result = await call((socket, turn) => {
      ingest = socket;
      if (turn < 2) socket.write(turn === 0 ? GREETING : START);
    });
    if (result.kind !== 'started') throw new Error(`It ended as ${result.kind}.`);
    const closed = new Promise((resolve) => result.socket.once('close', resolve));
    result.socket.resume();
    ingest?.resetAndDestroy();
    await closed;
    expect(result.socket.destroyed).toBe(true);
  });
});
