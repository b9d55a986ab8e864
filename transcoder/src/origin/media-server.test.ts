import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createRegistry } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Exchange } from './exchange.ts';
import { FastConnection } from './fast-connection.ts';
import { MediaServer } from './media-server.ts';
import { Reply } from './reply.ts';

const text = (body: string) => new Reply(200, [['Content-Type', 'text/plain']], body.length, () => [Buffer.from(body)]);
const get = (path: string, fields = '') => `GET ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

let server: MediaServer;
let client: Socket;
let received: string;
/** Paths of media requests by the way they came. */
let fast: string[];
let slow: string[];
let waiting: Exchange[];
let gone: string[];

beforeEach(async () => {
  [fast, slow, waiting, gone, received] = [[], [], [], [], ''];
  server = new MediaServer({
    media: (exchange) => {
      const { url } = exchange;
      if (!url.startsWith('/hls/')) return false;
      (exchange instanceof FastConnection ? fast : slow).push(url);
      if (url.startsWith('/hls/wait')) {
        exchange.onGone(() => gone.push(url));
        waiting.push(exchange);
      } else exchange.reply(text(`media ${url}`));
      return true;
    },
    rest: (request, response) => {
      request.resume();
      if (request.url === '/early') response.end('page /early');
      else request.on('end', () => response.end(`page ${request.url}`));
    },
    failed: (error) => {
      throw error;
    },
    registry: createRegistry(),
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const bodies = () => [...received.matchAll(/(?:media|page) \/[a-z/0-9]+/g)].map(([body]) => body);

async function send(bytes: string, answers = bodies().length + 1): Promise<void> {
  client.write(bytes, 'latin1');
  await expect.poll(bodies).toHaveLength(answers);
}

/** For the other side to have read what was sent. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('a connection of a viewer', () => {
  it('gets media the short way, before pages, between and after them', async () => {
    await send(get('/hls/1'));
    await send(get('/page/1'));
    await send(get('/hls/2'));
    await send(get('/hls/3', 'Range: bytes=0-1\r\n'));
    await send(get('/page/2'));
    await send(get('/hls/4'));
    expect(bodies()).toEqual([
      'media /hls/1',
      'page /page/1',
      'media /hls/2',
      'media /hls/3',
      'page /page/2',
      'media /hls/4',
    ]);
    expect([fast, slow]).toEqual([['/hls/1', '/hls/2', '/hls/4'], ['/hls/3']]);
  });

  it('is answered in order when it asks on before it was answered', async () => {
    await send(get('/hls/wait/1'), 0);
    await settle();
    await send(get('/page/2') + get('/hls/3'), 0);
    await settle();
    expect(received).toBe('');
    waiting[0]!.reply(text('media /hls/wait/1'));
    await expect.poll(bodies).toEqual(['media /hls/wait/1', 'page /page/2', 'media /hls/3']);
  });

  it('is ended when it asks on for more than a head before it was answered', async () => {
    await send(get('/hls/wait/1'), 0);
    await settle();
    client.write(get('/hls/2'));
    await settle();
    client.write(get('/hls/3', `X-Long: ${'y'.repeat(4_096)}\r\n`));
    await once(client, 'close');
    expect(gone).toEqual(['/hls/wait/1']);
  });

  it('is answered in order when it asks on in pieces', async () => {
    await send(get('/hls/wait/1'), 0);
    const more = get('/hls/2');
    for (const piece of [more.slice(0, 9), more.slice(9)]) {
      await settle();
      client.write(piece);
    }
    await settle();
    waiting[0]!.reply(text('media /hls/wait/1'));
    await expect.poll(bodies).toEqual(['media /hls/wait/1', 'media /hls/2']);
  });

  it.each([
    ['long', `X-Long: ${'y'.repeat(8 * 1024)}\r\n`],
    ['full', Array.from({ length: 200 }, (_, n) => `a${n}: ${n}\r\n`).join('')],
  ])('is refused a head that is too %s', async (_, fields) => {
    client.write(get('/page/1', fields));
    await once(client, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('may send many requests at once, or one in pieces', async () => {
    await send(get('/hls/1') + get('/hls/2') + get('/page/3'), 3);
    const rest = get('/hls/4');
    client.write(rest.slice(0, 9));
    await settle();
    await send(rest.slice(9));
    expect(bodies()).toEqual(['media /hls/1', 'media /hls/2', 'page /page/3', 'media /hls/4']);
    expect(fast).toEqual([]);
  });

  it('cannot pass off a body as a request', async () => {
    const hidden = get('/hls/hidden');
    await send(get('/page/1'));
    const closed = once(client, 'close');
    await send(`POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`);
    await closed;
    expect(bodies()).toEqual(['page /page/1', 'page /early']);
    expect([fast, slow]).toEqual([[], []]);
  });

  it('makes room for a newcomer where it is idle longest, and is closed and counted as a newcomer where none is', async () => {
    const registry = createRegistry();
    const small = new MediaServer({
      media: (exchange) => {
        if (exchange.url.startsWith('/hls/wait')) waiting.push(exchange);
        else exchange.reply(text('media /1'));
        return true;
      },
      rest: () => undefined,
      failed: () => undefined,
      registry,
      maxConnections: 3,
    });
    small.listen(0, '127.0.0.1');
    await once(small, 'listening');
    const { port } = small.address() as AddressInfo;
    const come = async () => {
      const socket = connect(port, '127.0.0.1');
      await once(small, 'connection');
      return socket;
    };
    const ask = async (socket: Socket, path: string, fields = '') => {
      socket.write(get(path, fields));
      await once(socket, 'data');
    };
    const [first, second, third] = [await come(), await come(), await come()];
    // The short way, through node:http, and the short way again.
    await ask(second, '/hls/2');
    await ask(first, '/hls/1', 'Range: bytes=0-1\r\n');
    await ask(third, '/hls/3');
    const [fourth] = await Promise.all([come(), once(second, 'close')]);
    const [fifth] = await Promise.all([come(), once(first, 'close')]);
    for (const socket of [third, fourth]) socket.write(get('/hls/wait'));
    fifth.write(get('/hls/wait', 'Range: bytes=0-1\r\n'));
    await expect.poll(() => waiting).toHaveLength(3);
    await once(await come(), 'close');
    expect(await registry.metrics()).toContain('showrunner_media_connections_refused_total 1');
    const answered = once(third, 'data');
    waiting[0]!.reply(text('media /wait'));
    const [answer] = (await answered) as [Buffer];
    expect(answer.toString()).toContain('200 OK');
    await Promise.all([come(), once(third, 'close')]);
    small.closeAllConnections();
    small.close();
    await once(small, 'close');
  });

  it('that is no HTTP is told so', async () => {
    client.write('GET /hls/1 HTTP/1.1\nHo st: a\r\n\r\n');
    await once(client, 'close');
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(fast).toEqual([]);
  });

  it('can become another protocol', async () => {
    server.on('upgrade', (_request, socket: Socket) => {
      socket.on('data', (chunk: Buffer) => socket.write(`echo ${chunk.toString()}`));
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    await send(get('/page/1'));
    client.write(get('/socket', 'Connection: Upgrade\r\nUpgrade: test\r\n'));
    await expect.poll(() => received).toContain(' 101 ');
    client.write(get('/hls/1'));
    await expect.poll(() => received).toContain('echo GET /hls/1');
    expect(fast).toEqual([]);
  });

  it('that goes away is not waited for', async () => {
    await send(get('/hls/wait/1'), 0);
    await expect.poll(() => waiting).toHaveLength(1);
    client.destroy();
    await expect.poll(() => gone).toEqual(['/hls/wait/1']);
    waiting[0]!.reply(text('too late'));
  });

  it('does not keep the server from closing when it is idle, and is answered first when it is not', async () => {
    const idle = connect((server.address() as AddressInfo).port, '127.0.0.1');
    idle.write(get('/hls/1'));
    await once(idle, 'data');
    await send(get('/hls/wait/2'), 0);
    await expect.poll(() => waiting).toHaveLength(1);
    server.close();
    await once(idle, 'close');
    waiting[0]!.reply(text('media /hls/wait/2'));
    await once(client, 'close');
    expect(bodies()).toEqual(['media /hls/wait/2']);
    server.listen(0, '127.0.0.1'); // for afterEach to close
  });

  it.each(['is awaited', 'is on its way'])(
    'gets what %s when the server closes, also where node:http had it',
    async (when) => {
      const body = `media /hls/wait/2${' '.repeat(24 * 1024 * 1024)}`;
      await send(get('/hls/1', 'Range: bytes=0-1\r\n'));
      await send(get('/hls/wait/2'), 1);
      await expect.poll(() => waiting).toHaveLength(1);
      client.pause();
      if (when === 'is on its way') waiting[0]!.reply(text(body));
      server.close();
      if (when === 'is awaited') waiting[0]!.reply(text(body));
      await settle();
      client.resume();
      await once(client, 'close');
      expect(received.endsWith(body)).toBe(true);
      server.listen(0, '127.0.0.1');
    },
  );

  it('gets all that node:http has answered when the server closes', async () => {
    const body = `media /hls/wait/1${' '.repeat(24 * 1024 * 1024)}`;
    await send(get('/hls/wait/1', 'Range: bytes=0-\r\n'), 0);
    await expect.poll(() => waiting).toHaveLength(1);
    client.pause();
    waiting[0]!.reply(text(body));
    server.close();
    await settle();
    client.resume();
    await once(client, 'close');
    expect(received.endsWith(body)).toBe(true);
    server.listen(0, '127.0.0.1');
  });
});
