import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
