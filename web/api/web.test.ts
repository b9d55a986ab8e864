import { API_VERSION, type LiveStreamStatus } from '@showrunner/crds';
import { createLogger, type ResourceStore } from '@showrunner/service-kit';
import { SqliteResourceStore } from '@showrunner/service-kit';
import type { FastifyInstance } from 'fastify';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWeb, type WebOptions } from './web.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HASH = 'a'.repeat(64);

let folder: string;
let store: SqliteResourceStore;
let app: FastifyInstance | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'showrunner-web-'));
  store = new SqliteResourceStore({ path: join(folder, 'resources.db'), kinds: ['LiveStream'], now: () => NOW });
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await store.close();
  await rm(folder, { recursive: true });
});

const silent = createLogger({ name: 'web', level: 'silent' });
async function web(options: Partial<WebOptions> = {}): Promise<FastifyInstance> {
  app = await createWeb({
    feeds: [store],
    factsOf: () => undefined,
    appDir: undefined,
    logger: silent,
    now: () => NOW,
    ...options,
  });
  await app.ready();
  return app;
}
async function show(name: string, spec: object = {}, status?: LiveStreamStatus): Promise<void> {
  await store.apply('LiveStream', { apiVersion: API_VERSION, kind: 'LiveStream', metadata: { name }, spec });
  if (status) await store.patchStatus('LiveStream', { namespace: 'default', name }, status);
}
async function until<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 200; tries += 1) {
    const value = await read();
    if (wanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('It did not happen within two seconds.');
}

describe('the list of live streams', () => {
  it('holds what anyone may find and no keys', async () => {
    await show(
      'lecture',
      { title: 'Lecture' },
      {
        phase: 'Live',
        startedAt: '2026-11-21T11:30:00Z',
        ingest: { server: 'rtmp://localhost/live', keyHashes: [{ sha256: HASH }] },
      },
    );
    await show('secret', { visibility: 'unlisted' });
    await show('off', { enabled: false });
    const response = await (await web()).inject('/api/v1/live-streams');
    expect(response.json()).toEqual({
      items: [
        {
          namespace: 'default',
          name: 'lecture',
          title: 'Lecture',
          visibility: 'public',
          phase: 'Live',
          startedAt: '2026-11-21T11:30:00Z',
          playback: { hls: '/hls/default/lecture/master.m3u8' },
          ingest: { server: 'rtmp://localhost/live' },
        },
      ],
    });
    expect(response.body).not.toContain(HASH);
    expect(response.headers['cache-control']).toBe('no-store');
  });

  it('follows the store', async () => {
    const server = await web();
    expect((await server.inject('/api/v1/live-streams')).json()).toEqual({ items: [] });
    await show('later');
    const names = async () =>
      (await server.inject('/api/v1/live-streams')).json<{ items: { name: string }[] }>().items.map(({ name }) => name);
    expect(await until(names, (value) => value.length === 1)).toEqual(['later']);
    await store.delete('LiveStream', { namespace: 'default', name: 'later' });
    expect(await until(names, (value) => value.length === 0)).toEqual([]);
  });

  it('lists again when the watch breaks, and says so until the first list', async () => {
    await show('lecture');
    let broken = true;
    const flaky: ResourceStore = {
      ...bound(store),
      list: async (kind, namespace) => {
        if (broken) throw new Error('The disk is away.');
        return store.list(kind, namespace);
      },
    };
    const server = await web({ feeds: [flaky] });
    const refused = await server.inject('/api/v1/live-streams');
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'not_ready', status: 503 });
    broken = false;
    const status = async () => (await server.inject('/api/v1/live-streams')).statusCode;
    expect(await until(status, (value) => value === 200)).toBe(200);
  });
});

describe('one live stream', () => {
  it('is found although it is on no list', async () => {
    await show('secret', { visibility: 'unlisted', title: 'For friends' });
    const response = await (await web()).inject('/api/v1/live-streams/default/secret');
    expect(response.json()).toMatchObject({ title: 'For friends', visibility: 'unlisted', phase: 'Pending' });
  });

  it('tells its phase, since when, and what is measured', async () => {
    await show('lecture', {}, { phase: 'Live', startedAt: '2026-11-21T11:30:00Z' });
    const facts = {
      onAirSince: '2026-11-21T11:30:00Z',
      publisherSince: '2026-11-21T11:30:00Z',
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2, bitrate: 160_000, missingFrames: 0 },
      bitrate: 2_600_000,
      bitrateJitter: 40_000,
      arrivalDelayMs: 12.5,
      timestampJumps: 0,
    };
    const server = await web({ factsOf: async ({ name }) => (name === 'lecture' ? facts : undefined) });
    expect((await server.inject('/api/v1/live-streams/default/lecture/state')).json()).toEqual({
      namespace: 'default',
      name: 'lecture',
      phase: 'Live',
      since: '2026-11-21T11:30:00Z',
      facts,
    });
  });

  it('that is not on air is not measured', async () => {
    await show('lecture', {}, { phase: 'Ready' });
    const server = await web({
      factsOf: () => {
        throw new Error('Nobody is there to be asked.');
      },
    });
    const state = await server.inject('/api/v1/live-streams/default/lecture/state');
    expect(state.statusCode).toBe(200);
    expect(state.json()).not.toHaveProperty('facts');
  });

  it('that does not exist is a problem with a code and a sentence', async () => {
    const response = await (await web()).inject('/api/v1/live-streams/default/nothing');
    expect(response.statusCode).toBe(404);
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.json()).toEqual({
      type: 'urn:showrunner:problem:live_stream_not_found',
      title: 'There is no such live stream.',
      status: 404,
      code: 'live_stream_not_found',
      detail: 'No live stream is named default/nothing.',
    });
  });

  it('with a name that cannot be is refused with field and rule', async () => {
    const response = await (await web()).inject('/api/v1/live-streams/default/UPPER');
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({
      code: 'invalid_request',
      detail: 'params: name must be lower-case letters, digits and dashes',
    });
  });
});

describe('events', () => {
  it('begin with a snapshot and go on with changes', async () => {
    await show('lecture', { title: 'Lecture' });
    const events = await follow(await web(), '');
    expect(await events.next('snapshot')).toEqual({
      now: '2026-11-21T12:00:00.000Z',
      items: [expect.objectContaining({ name: 'lecture', phase: 'Pending' })],
    });
    await store.patchStatus('LiveStream', { namespace: 'default', name: 'lecture' }, { phase: 'Live' });
    expect(await events.next('change')).toMatchObject({ name: 'lecture', phase: 'Live' });
    await show('lecture', { title: 'Lecture', visibility: 'unlisted' });
    expect(await events.next('removed')).toEqual({ namespace: 'default', name: 'lecture' });
    events.close();
  });

  it('tell of one stream alone, listed or not', async () => {
    await show('other');
    await show('secret', { visibility: 'unlisted' });
    const events = await follow(await web(), '?stream=default/secret');
    expect(await events.next('snapshot')).toMatchObject({ items: [{ name: 'secret' }] });
    await show('other', { title: 'Changed' });
    await show('secret', { visibility: 'unlisted', title: 'Changed too' });
    expect(await events.next('change')).toMatchObject({ name: 'secret', title: 'Changed too' });
    events.close();
  });

  it('hold no place with a HEAD request, which would never end', async () => {
    const server = await web({ maxEventClients: 1 });
    expect((await server.inject({ method: 'HEAD', url: '/api/v1/live-streams/events' })).statusCode).toBe(404);
    const events = await follow(server, '');
    await events.next('snapshot');
    events.close();
  });

  it('are bounded in number and end with the server', async () => {
    const server = await web({ maxEventClients: 1 });
    const events = await follow(server, '');
    await events.next('snapshot');
    const refused = await server.inject('/api/v1/live-streams/events');
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'too_many_event_clients' });
    await server.close();
    expect(await events.ended).toBe(true);
  });
});

describe('the rest', () => {
  it('describes itself as OpenAPI 3.1', async () => {
    const document = (await (await web()).inject('/api/v1/openapi.json')).json<{
      openapi: string;
      paths: Record<string, unknown>;
      components: { schemas: Record<string, { properties: Record<string, { properties?: object }> }> };
    }>();
    expect(document.openapi).toBe('3.1.0');
    expect(document.components.schemas['LiveStreamState']?.properties['facts']?.properties).toHaveProperty(
      'bitrateJitter',
    );
    expect(Object.keys(document.paths).toSorted()).toEqual([
      '/api/v1/live-streams',
      '/api/v1/live-streams/events',
      '/api/v1/live-streams/{namespace}/{name}',
      '/api/v1/live-streams/{namespace}/{name}/state',
    ]);
  });

  it('serves the page, its assets for ever, and nothing at unknown addresses', async () => {
    // A folder of that name above must not make documents immutable.
    const appDir = join(folder, 'assets', 'dist');
    await mkdir(join(appDir, 'assets'), { recursive: true });
    await writeFile(join(appDir, 'index.html'), '<p>home');
    await writeFile(join(appDir, 'watch.html'), '<html><p>watch');
    await writeFile(join(appDir, 'assets', 'main-abc.js'), 'export {};');
    const server = await web({ appDir });
    const home = await server.inject('/');
    expect([home.body, home.headers['cache-control']]).toEqual(['<p>home', 'no-cache']);
    expect(home.headers['content-security-policy']).toContain("default-src 'self'");
    expect(home.headers['x-content-type-options']).toBe('nosniff');
    // Over plain HTTP by an address it would be an error in the log of each page.
    expect(home.headers).not.toHaveProperty('cross-origin-opener-policy');
    expect((await server.inject('/watch/default/live')).body).toMatch(/^<html data-on-air="(true|false)"><p>watch$/);
    const absent = await server.inject('/watch/default/nobody');
    expect([absent.statusCode, absent.body]).toEqual([404, '<html data-on-air="false"><p>watch']);
    const asset = await server.inject('/assets/main-abc.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const unknown of ['/nothing', '/api/v1/nothing', '/assets/none.js', '/..%2fresources.db']) {
      const response = await server.inject(unknown);
      expect([unknown, response.statusCode]).toEqual([unknown, 404]);
    }
    for (const unknown of ['/nothing', '/watch/default', '/watch/default/live/more']) {
      const response = await server.inject({ url: unknown, headers: { accept: 'text/html,*/*;q=0.8' } });
      expect([response.statusCode, response.body, response.headers['cache-control']]).toEqual([
        404,
        '<p>home',
        'no-cache',
      ]);
      expect(response.headers['content-security-policy']).toContain("default-src 'self'");
    }
    const program = await server.inject({ url: '/api/v1/nothing', headers: { accept: 'text/html' } });
    expect(program.json()).toMatchObject({ code: 'not_found' });
  });

  it('takes media from another origin, and from that one alone, where there is one', async () => {
    const appDir = join(folder, 'dist');
    await mkdir(appDir);
    await writeFile(join(appDir, 'index.html'), '<html><p>home');
    await writeFile(join(appDir, 'watch.html'), '<html><p>watch');
    const server = await web({ appDir, mediaOrigin: 'https://media.example.org' });
    const html = { accept: 'text/html' };
    for (const [url, page] of [
      ['/', /^<html data-media-origin="https:\/\/media.example.org"><p>home$/],
      ['/nothing', /^<html data-media-origin="https:\/\/media.example.org"><p>home$/],
      ['/watch/default/live', /^<html data-on-air="false" data-media-origin="https:\/\/media.example.org"><p>watch$/],
    ] as const) {
      const response = await server.inject({ url, headers: html });
      expect(response.body).toMatch(page);
      const policy = String(response.headers['content-security-policy']).split('; ');
      expect(policy).toContain("media-src 'self' blob: https://media.example.org");
      expect(policy).toContain("connect-src 'self' https://media.example.org");
      expect(policy).toContain("default-src 'self'");
    }
  });

  it('is ready although the store does not answer, and refuses until it has', async () => {
    const slow: ResourceStore = { ...bound(store), list: () => new Promise(() => undefined) };
    let listed = 0;
    const server = await web({ feeds: [slow], onKnown: () => (listed += 1) });
    expect((await server.inject('/api/v1/live-streams')).statusCode).toBe(503);
    expect(listed).toBe(0);
  });

  it('refuses an address that cannot be decoded as a problem too', async () => {
    const response = await (await web()).inject('/api/v1/%zz');
    expect(response.headers['content-type']).toContain('application/problem+json');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
    expect(response.json()).toMatchObject({ code: 'invalid_request', status: 400 });
  });
});

/** The methods of a store as a plain object, so that one can be replaced. */
function bound(target: ResourceStore): ResourceStore {
  return {
    get: (kind, key) => target.get(kind, key),
    list: (kind, namespace) => target.list(kind, namespace),
    watch: (kind, options) => target.watch(kind, options),
    apply: (kind, object) => target.apply(kind, object),
    patchStatus: (kind, key, status, options) => target.patchStatus(kind, key, status, options),
    delete: (kind, key) => target.delete(kind, key),
  };
}

/** Reads server-sent events over a real connection. */
async function follow(server: FastifyInstance, query: string) {
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const waiting: { event: string; data: unknown }[] = [];
  const request = get({ port, path: `/api/v1/live-streams/events${query}` });
  const ended = new Promise<boolean>((resolve) => {
    request.on('error', () => resolve(true));
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const messages = text.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) {
          const event = /^event: (.+)$/m.exec(message)?.[1];
          const data = /^data: (.+)$/m.exec(message)?.[1];
          if (event !== undefined && data !== undefined) waiting.push({ event, data: JSON.parse(data) });
        }
      });
      response.on('close', () => resolve(true));
    });
  });
  const next = async (event: string) => {
    await until(
      async () => waiting.some((message) => message.event === event),
      (found) => found,
    );
    const index = waiting.findIndex((message) => message.event === event);
    return waiting.splice(0, index + 1).at(-1)?.data;
  };
  return { next, ended, close: () => request.destroy() };
}

it('makes room for a newcomer where all connections are taken', async () => {
  const server = await web({ maxConnections: 1 });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  const first = connect(port, '127.0.0.1');
  await once(first, 'connect');
  const second = connect(port, '127.0.0.1');
  await once(first, 'close');
  second.write('GET /api/v1/live-streams HTTP/1.1\r\nHost: a\r\n\r\n');
  expect(String((await once(second, 'data'))[0])).toContain('HTTP/1.1');
  second.destroy();
});

it('answers beside any crowd that follows events', async () => {
  const server = await web({ maxConnections: 2 });
  const events = await follow(server, '');
  await events.next('snapshot');
  const { port } = server.server.address() as AddressInfo;
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}/api/v1/live-streams${path}`)).status;
  expect(await ask('/events')).toBe(503);
  expect(await ask('')).toBe(200);
  events.close();
});

it('ends a connection that asks on and on while it follows events', async () => {
  const server = await web();
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined).resume();
  client.write('GET /api/v1/live-streams/events HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
  await once(client, 'close');
});

it.each([
  ['GET', '/api/v1/live-streams', 200],
  ['POST', '/api/v1/live-streams', 404],
  ['DELETE', '/nowhere', 404],
])('answers %s of %s with content, which it does not read', async (method, path, status) => {
  const server = await web();
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  const client = connect(Number(new URL(url).port), '127.0.0.1');
  client.write(
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"a":`,
  );
  const said = await text(client);
  expect(said).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*connection: close\r\n`, 'i'));
});

it('refuses a head of more fields than any browser sends', async () => {
  const server = await web();
  await server.listen({ port: 0, host: '127.0.0.1' });
  const client = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
  const fields = Array.from({ length: 200 }, (_, n) => `a${n}: ${n}\r\n`).join('');
  client.write(`GET /api/v1/live-streams HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  expect(String((await once(client, 'data'))[0])).toContain(' 431 ');
  client.destroy();
});
