import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Counter, createRegistry } from './metrics.ts';
import { createOpsHandler } from './ops-handler.ts';

const registry = createRegistry();
new Counter({ name: 'shows_total', help: 'Shows.', registers: [registry] }).inc(2);
const problems: string[] = [];
const handle = createOpsHandler({ registry, ready: () => problems });

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((req, res) => {
    if (!handle(req, res)) res.writeHead(404).end('somebody else');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function ask(path: string, method = 'GET') {
  const response = await fetch(url + path, { method });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

describe('the ops handler', () => {
  const type = 'text/plain; charset=utf-8';

  it('says that the process lives', async () => {
    expect(await ask('/healthz')).toEqual({ status: 200, type, body: 'ok\n' });
    expect(await ask('/healthz?x', 'HEAD')).toEqual({ status: 200, type, body: '' });
  });

  it('says what keeps it from being ready', async () => {
    expect(await ask('/readyz')).toEqual({ status: 200, type, body: 'ok\n' });
    problems.push('RTMP does not listen yet.', 'The store is closed.');
    expect(await ask('/readyz')).toEqual({
      status: 503,
      type,
      body: 'RTMP does not listen yet.\nThe store is closed.\n',
    });
    problems.length = 0;
  });

  describe('asked to wait', () => {
    async function starting() {
      const problems = ['It is starting.'];
      const handleOps = createOpsHandler({ registry, ready: () => problems });
      const other = createServer((req, res) => void handleOps(req, res));
      await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
      onTestFinished(() => void other.close());
      const { port } = other.address() as AddressInfo;
      const began = performance.now();
      const probe = async (query: string) => {
        const { status } = await fetch(`http://127.0.0.1:${port}/readyz${query}`);
        return { status, ms: performance.now() - began };
      };
      return { problems, probe };
    }

    it('answers when a process that starts is ready', async () => {
      const { problems, probe } = await starting();
      setTimeout(() => problems.pop(), 200);
      const { status, ms } = await probe('?waitMs=5000');
      expect(status).toBe(200);
      expect(ms).toBeGreaterThanOrEqual(195);
      expect(ms).toBeLessThan(2_000);
    });

    it('gives up where it is not ready in time', async () => {
      const { probe } = await starting();
      const { status, ms } = await probe('?waitMs=150');
      expect(status).toBe(503);
      expect(ms).toBeGreaterThanOrEqual(149);
    });

    it.each(['', '?waitMs=', '?waitMs=soon', '?waitMs=-5'])('does not wait for %j', async (query) => {
      const { probe } = await starting();
      const { status, ms } = await probe(query);
      expect(status).toBe(503);
      expect(ms).toBeLessThan(1_000);
    });

    it('says at once that a process is no longer ready', async () => {
      const { problems, probe } = await starting();
      problems.pop();
      expect((await probe('?waitMs=5000')).status).toBe(200);
      problems.push('It is shutting down.');
      const { status, ms } = await probe('?waitMs=5000');
      expect(status).toBe(503);
      expect(ms).toBeLessThan(2_500);
    });
  });

  it('gives the metrics of the process and of its services', async () => {
    const { status, type: metricsType, body } = await ask('/metrics');
    expect({ status, metricsType }).toEqual({ status: 200, metricsType: registry.contentType });
    expect(body).toContain('\nshows_total 2\n');
    expect(body).toContain('\nprocess_cpu_seconds_total ');
  });

  it('can only be read', async () => {
    expect(await ask('/readyz', 'POST')).toMatchObject({
      status: 405,
      body: '/readyz can only be read: use GET or HEAD.\n',
    });
  });

  it('leaves the rest to others', async () => {
    expect(await ask('/healthz/x')).toMatchObject({ status: 404, body: 'somebody else' });
    expect(await ask('/')).toMatchObject({ status: 404 });
  });
});
