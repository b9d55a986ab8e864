import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { HANDSHAKE_BYTES } from '../rtmp/protocol.ts';
import { ReadBeat } from '../rtmp/read-beat.ts';
import { openDoorway, type Doorway } from '../testing/doorway.ts';
import { until } from '../testing/publish.ts';
import { RtmpClient } from '../testing/rtmp-client.ts';
import { scriptedIngest, type ScriptedCall, type ScriptedIngest } from '../testing/scripted-ingest.ts';
import type { FrontDoorConfig } from './config.ts';
import { Splice } from './splice.ts';

const MIB = 1 << 20;
const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(
  onPublish: (call: ScriptedCall) => void = ({ protocol }) => protocol.acceptPublish(),
  config: Partial<FrontDoorConfig> = {},
): Promise<{ doorway: Doorway; ingest: ScriptedIngest }> {
  const ingest = await scriptedIngest(onPublish);
  closers.push(() => ingest.close());
  const doorway = await openDoorway({ config });
  closers.push(() => doorway.close());
  doorway.lead({ host: '127.0.0.1', port: ingest.port });
  await doorway.stream('key');
  return { doorway, ingest };
}

async function spliced(doorway: Doorway, behind?: Buffer): Promise<RtmpClient> {
  const client = await RtmpClient.connect(doorway.port);
  closers.push(() => void client.socket.destroy());
  client.publish('key', behind);
  await client.started();
  return client;
}

/** Anything that is not RTMP: whoever reads it on its way would stumble. */
function noise(bytes: number): Buffer {
  return Buffer.from(Array.from({ length: bytes }, (_, index) => (index * 7919) % 251));
}

describe('a splice', () => {
  it('gives the ingest what the client sent, byte for byte, also what came right behind publish', async () => {
    const { doorway, ingest } = await open();
    const behind = noise(50_000);
    const client = await spliced(doorway, behind);
    const more = noise(200_000);
    client.socket.write(more);
    const all = Buffer.concat([behind, more]);
    await until(() => ingest.calls[0]!.receivedBytes() > HANDSHAKE_BYTES + all.length);
    const received = ingest.calls[0]!.received();
    expect(received.subarray(-all.length).equals(all)).toBe(true);
    // The commands as the client sent them, once.
    expect(received.toString('latin1').split('createStream')).toHaveLength(2);
  });

  it('keeps what a held client sends behind publish, and holds it back beyond that', async () => {
    const { doorway, ingest } = await open();
    await doorway.stream('key', { ready: false });
    const client = await RtmpClient.connect(doorway.port);
    closers.push(() => void client.socket.destroy());
    const behind = noise(300_000);
    client.publish('key');
    await until(() => doorway.knocks.length > 0);
    client.socket.write(behind);
    await delay(300);
    await doorway.stream('key', { ready: true });
    await client.started();
    await until(() => ingest.calls[0]!.receivedBytes() > HANDSHAKE_BYTES + behind.length);
    expect(ingest.calls[0]!.received().subarray(-behind.length).equals(behind)).toBe(true);
  });

  it('gives the client what the ingest says, and nothing twice', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    const [call] = ingest.calls;
    call!.protocol.sendACK(12345);
    call!.protocol.sendStatusMessage(1, 'status', 'NetStream.Data.Start', 'x'.repeat(400));
    await until(() => client.statuses.length === 2);
    expect(client.statuses[1]).toBe(`NetStream.Data.Start: ${'x'.repeat(400)}`);
    expect(client.problem).toBe(undefined);
  });

  it('tells the client the chunk size of the ingest where that is another than ours', async () => {
    const { doorway, ingest } = await open(({ protocol }) => {
      protocol.setChunkSize(128);
      protocol.acceptPublish();
    });
    const client = await spliced(doorway);
    // A status of 460 bytes in chunks of 128, as an ingest that announced them would send it.
    const pieces: Buffer[] = [];
    const { protocol, socket } = ingest.calls[0]!;
    protocol.onOutputCallback = (bytes) => void pieces.push(bytes);
    protocol.sendStatusMessage(1, 'status', 'NetStream.Data.Start', 'x'.repeat(400));
    const message = Buffer.concat(pieces);
    const chunks: Buffer[] = [message.subarray(0, 12 + 128)];
    for (let at = 12 + 128; at < message.length; at += 128) {
      chunks.push(Buffer.from([0xc0 | message[0]!]), message.subarray(at, at + 128));
    }
    socket.write(Buffer.concat(chunks));
    await until(() => client.statuses.length === 2);
    expect(client.statuses[1]).toBe(`NetStream.Data.Start: ${'x'.repeat(400)}`);
  });

  it('ends with its stream, also where another one of that name comes at once', async () => {
    const { doorway } = await open();
    const other = await RtmpClient.connect(doorway.port);
    closers.push(() => void other.socket.destroy());
    await doorway.stream('other');
    other.publish('other');
    await other.started();
    const client = await spliced(doorway);
    await doorway.store.delete('LiveStream', { namespace: 'default', name: 'key' });
    await doorway.stream('key');
    await until(() => client.ended);
    expect(doorway.log.filter((line) => line.includes('"reason":"deleted"'))).toHaveLength(1);
    expect(other.socket.closed).toBe(false);
    await spliced(doorway);
  });

  it('passes on a refusal, and then closes both sides', async () => {
    const { doorway, ingest } = await open(({ protocol, socket }) => {
      protocol.refuse({
        code: 'already-publishing',
        status: 'NetStream.Publish.Rejected',
        sentence: 'Somebody is live.',
        stop: 'refused',
      });
      socket.end();
    });
    const client = await RtmpClient.connect(doorway.port);
    closers.push(() => void client.socket.destroy());
    client.publish('key');
    await until(() => client.ended);
    expect(client.statuses).toEqual(['NetStream.Publish.Rejected: Somebody is live.']);
    expect(ingest.calls).toHaveLength(1);
    expect(await doorway.metric('showrunner_front_door_refused_total')).toContain('reason="refused-by-ingest"} 1');
  });

  it('passes on the last word of an ingest that ends a running show', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    const { protocol, socket } = ingest.calls[0]!;
    protocol.sendStatusMessage(1, 'error', 'NetStream.Publish.Rejected', 'Another publisher has taken over.');
    socket.end();
    // The client goes on for a moment, as encoders do; its word must not be lost for that.
    const sending = setInterval(() => client.socket.write(noise(1000)), 5);
    closers.push(() => clearInterval(sending));
    await until(() => client.ended);
    expect(client.statuses.at(-1)).toBe('NetStream.Publish.Rejected: Another publisher has taken over.');
    await client.closed;
    await until(() => socket.destroyed);
  });

  it('tries again where an ingest does not yet know what we know, or goes away', async () => {
    let attempts = 0;
    const { doorway } = await open(({ protocol, socket }) => {
      attempts += 1;
      if (attempts === 1) protocol.sendStatusMessage(1, 'error', 'NetStream.Failed', 'The server is shutting down.');
      else if (attempts === 2) {
        const sentence = 'This stream key is not known: copy the key of your show again.';
        protocol.sendStatusMessage(1, 'error', 'NetStream.Publish.Denied', sentence);
      } else if (attempts === 3) socket.destroy();
      else protocol.acceptPublish();
    });
    const client = await spliced(doorway);
    expect(attempts).toBe(4);
    expect(client.statuses).toHaveLength(1);
  });

  it.each<[string, (call: ScriptedCall) => void]>([
    ['dies with a reset', ({ socket }) => void socket.resetAndDestroy()],
    // A pod that is killed has its kernel say goodbye for it.
    ['is killed', ({ socket }) => void socket.destroy()],
  ])('closes the client at once when the ingest %s', async (_how, die) => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    await delay(1_200);
    const began = performance.now();
    die(ingest.calls[0]!);
    await until(() => client.ended || client.socket.destroyed);
    // Closed, not only ended: whoever goes on sending hears of it.
    const sending = setInterval(() => client.socket.write('x'), 1);
    await client.closed;
    clearInterval(sending);
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('is over at once where the ingest is gone before it begins', async () => {
    const { doorway } = await open();
    const { port } = doorway;
    const pair = async (): Promise<Socket> => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      closers.push(() => void socket.destroy());
      await once(socket, 'connect');
      return socket;
    };
    const [client, ingest] = [await pair(), await pair()];
    ingest.destroy();
    await once(ingest, 'close');
    const ends: string[] = [];
    const beat = new ReadBeat({ from: 1, intervalMs: 30 });
    const metrics = { passed: () => undefined };
    const splice = new Splice({ client, ingest, beat, metrics, now: Date.now, onEnd: (end) => ends.push(end) });
    splice.begin(Buffer.alloc(0), Buffer.alloc(0));
    expect(ends).toEqual(['broken']);
    splice.close();
  });

  it('passes the end of either half on, and leaves the other half open', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    const { socket, protocol, received } = ingest.calls[0]!;
    let ended = false;
    socket.on('end', () => (ended = true));
    client.socket.end(noise(100_000));
    await until(() => ended);
    expect(received().subarray(-100_000).equals(noise(100_000))).toBe(true);
    // Its last word still comes.
    protocol.sendStatusMessage(1, 'status', 'NetStream.Unpublish.Success', 'The stream has ended.');
    socket.end();
    await until(() => client.ended);
    expect(client.statuses.at(-1)).toBe('NetStream.Unpublish.Success: The stream has ended.');
    await client.closed;
  });

  it('does not wait for an ingest that never ends its half', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    client.socket.end();
    const began = performance.now();
    await client.closed;
    expect(performance.now() - began).toBeLessThan(4_000);
    await until(() => ingest.calls[0]!.socket.destroyed || ingest.calls[0]!.socket.readableEnded);
    ingest.calls[0]!.socket.end();
  });

  it('holds the client back while the ingest is slow, keeps its memory, and goes on where it was', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    const { socket, receivedBytes } = ingest.calls[0]!;
    socket.pause();
    const piece = noise(64 * 1024);
    let sent = 0;
    const before = process.memoryUsage();
    const flood = async (): Promise<void> => {
      for (const end = Date.now() + 2_000; Date.now() < end;) {
        if (!client.socket.write(piece)) {
          const isOver = await Promise.race([
            new Promise<boolean>((resolve) => client.socket.once('drain', () => resolve(false))),
            delay(500, true),
          ]);
          if (isOver) break;
        }
        sent += piece.length;
      }
    };
    await flood();
    const stuck = sent;
    await flood();
    // The kernel's buffers are full on the whole way; nothing moves.
    expect(sent - stuck).toBeLessThan(2 * MIB);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4 * MIB);
    socket.resume();
    await until(() => client.socket.writableLength === 0);
    const all = client.socket.bytesWritten;
    await until(() => receivedBytes() === all);
  }, 20_000);

  it('gives an ingest up that takes nothing at all any more', async () => {
    const { doorway, ingest } = await open();
    const client = await spliced(doorway);
    ingest.calls[0]!.socket.pause();
    const flood = setInterval(() => client.socket.writableLength < MIB && client.socket.write(noise(64 * 1024)), 1);
    closers.push(() => clearInterval(flood));
    const began = performance.now();
    await client.closed;
    expect(performance.now() - began).toBeGreaterThan(9_000);
    expect(await doorway.metric('showrunner_front_door_spliced')).toBe('showrunner_front_door_spliced 0');
  }, 25_000);

  it('is read at a beat where there are several, and none of them loses a byte', async () => {
    const { doorway, ingest } = await open();
    for (let n = 0; n < 6; n++) await doorway.stream(`key-${n}`);
    const clients: RtmpClient[] = [];
    for (let n = 0; n < 6; n++) {
      const client = await RtmpClient.connect(doorway.port);
      closers.push(() => void client.socket.destroy());
      client.publish(`key-${n}`);
      await client.started();
      clients.push(client);
    }
    const payloads = clients.map((_, index) => noise(300_000 + index));
    clients.forEach((client, index) => client.socket.end(payloads[index]!));
    await until(() =>
      ingest.calls.every(({ key, receivedBytes }) => {
        const wanted = payloads[Number(key.slice(4))]!.length;
        return receivedBytes() > wanted + HANDSHAKE_BYTES;
      }),
    );
    for (const { key, received, socket } of ingest.calls) {
      const wanted = payloads[Number(key.slice(4))]!;
      expect(received().subarray(-wanted.length).equals(wanted)).toBe(true);
      socket.end();
    }
    await Promise.all(clients.map(({ closed }) => closed));
  });

  it('leaves nothing behind after two hundred of them', async () => {
    const polite = ({ protocol, socket }: ScriptedCall): void => {
      socket.on('end', () => socket.end());
      protocol.acceptPublish();
    };
    const { doorway } = await open(polite, { unauthenticatedPerAddress: 200 });
    for (let n = 0; n < 20; n++) await doorway.stream(`key-${n}`);
    const files = () => readdirSync('/proc/self/fd').length;
    const before = files();
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => RtmpClient.connect(doorway.port)));
      await Promise.all(
        clients.map(async (client, index) => {
          client.publish(index % 4 === 0 ? 'wrong' : `key-${index}`);
          await until(() => client.statuses.length > 0);
          client.socket.write(noise(10_000));
          if (index % 3 === 0) client.socket.destroy();
          else if (index % 3 === 1) client.socket.end();
          else client.socket.resetAndDestroy();
          await client.closed;
        }),
      );
    }
    await until(() => files() <= before + 2);
    for (const gauge of ['connections', 'spliced', 'held']) {
      expect(await doorway.metric(`showrunner_front_door_${gauge} `)).toMatch(/ 0$/);
    }
  }, 40_000);
});
