import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/publish.ts';
import { PlayClient } from './play-client.ts';

const limits = { mediaBytes: 65_536, otherBytes: 65_536, unfinishedBytes: 131_072, chunkStreams: 8 };
const HANDSHAKE = Buffer.concat([Buffer.of(3), Buffer.alloc(2 * 1536)]);
/** `_result` of connect and of createStream, and the status that playing has begun. */
const RESULT_1 = command('0200075f726573756c74003ff000000000000005');
const RESULT_2 = command('0200075f726573756c7400400000000000000005003ff0000000000000');
const STARTED = command(
  '0200086f6e537461747573000000000000000000' +
    '05030005' +
    Buffer.from('level').toString('hex') +
    '020006' +
    Buffer.from('status').toString('hex') +
    '0004' +
    Buffer.from('code').toString('hex') +
    '020014' +
    Buffer.from('NetStream.Play.Start').toString('hex') +
    '000009',
);

/** A message in one chunk with a whole header. */
function message(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header[0] = 3;
  header.writeUIntBE(payload.length, 4, 3);
  header[7] = type;
  return Buffer.concat([header, payload]);
}
function command(hex: string): Buffer {
  return message(20, Buffer.from(hex, 'hex'));
}

describe('a player, beside an nginx that misbehaves', () => {
  let folder: string;
  let server: Server;
  let ended: (string | undefined)[];
  let client: PlayClient;
  let media: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'showrunner-play-'));
    ended = [];
    media = 0;
  });
  afterEach(async () => {
    client.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  async function play(behave: (socket: Socket) => void): Promise<PlayClient> {
    server = createServer((socket) => {
      socket.on('error', () => undefined).resume();
      behave(socket);
    });
    const socketPath = join(folder, 'play.sock');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    client = new PlayClient({
      socketPath,
      streamName: 'abc',
      limits,
      onMedia: () => (media += 1),
      onEnd: (problem) => ended.push(problem),
    });
    return client;
  }

  it('plays until the stream ends, in pieces of any size', async () => {
    const bytes = Buffer.concat([
      ...[
        HANDSHAKE,
        RESULT_1,
        RESULT_2,
        STARTED,
        message(9, Buffer.from('1700')),
        message(8, Buffer.from('af01', 'hex')),
      ],
      message(4, Buffer.from('000100000001', 'hex')),
      message(9, Buffer.from('1700')),
    ]);
    const player = await play((socket) => {
      for (let at = 0; at < bytes.length; at += 7) socket.write(bytes.subarray(at, at + 7));
    });
    await player.start();
    await until(() => ended.length > 0);
    expect([ended, media]).toEqual([[undefined], 2]);
  });

  it('gives up on one that does not answer', async () => {
    await expect((await play(() => undefined)).start()).rejects.toThrow('nginx did not play within 3000 ms.');
    expect(ended).toEqual(['nginx did not play within 3000 ms.']);
  });

  it('gives up on one that hangs up, or is not there', async () => {
    await expect((await play((socket) => socket.end())).start()).rejects.toThrow('nginx hung up.');
    const nowhere = new PlayClient({
      socketPath: join(folder, 'nobody.sock'),
      streamName: 'abc',
      limits,
      onMedia: () => undefined,
      onEnd: () => undefined,
    });
    await expect(nowhere.start()).rejects.toThrow('ENOENT');
  });

  it.each([
    ['a message that is too long', message(9, Buffer.alloc(70_000)), 'announced 70000 bytes'],
    [
      'nonsense in place of a command',
      command('020008' + Buffer.from('onStatus').toString('hex') + 'ff'),
      'AMF marker 255',
    ],
    [
      'XML in an object, which amf.js reads past the end',
      command('0200086f6e537461747573' + '000000000000000000' + '05' + '030001610f0000000161000009'),
      'The answer onStatus of nginx cannot be decoded.',
    ],
  ])('ends at %s', async (_, bytes, problem) => {
    const player = await play((socket) => socket.write(Buffer.concat([HANDSHAKE, RESULT_1, RESULT_2, STARTED, bytes])));
    await player.start();
    await until(() => ended.length > 0);
    expect(ended[0]).toContain(problem);
  });
});
