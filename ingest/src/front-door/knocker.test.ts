import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@showrunner/service-kit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../testing/publish.ts';
import { Knocker } from './knocker.ts';

const STREAM = { namespace: 'shows', name: 'live' };
let folder: string;
let tokenFile: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'knocker-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'first\n');
});
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

/** An operator that answers with this status, or not at all. */
async function operator(status: number | undefined, port = 0, host = '127.0.0.1') {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    if (status !== undefined) response.writeHead(status).end();
  });
  servers.push(server);
  server.listen(port, host);
  await once(server, 'listening');
  return { heard, port: (server.address() as AddressInfo).port };
}

function knockerAt(host: string, port: number) {
  const outcomes: string[] = [];
  const log: string[] = [];
  const logger = createLogger({ name: 'test', level: 'info' }, { write: (line: string) => void log.push(line) });
  const knocker = new Knocker({ host, port, tokenFile, logger, onKnock: (outcome) => outcomes.push(outcome) });
  return { knocker, outcomes, log };
}

it('tells the operator, with the token as it is now', async () => {
  const { heard, port } = await operator(204);
  const { knocker, outcomes } = knockerAt('127.0.0.1', port);
  knocker.knock(STREAM);
  await until(() => outcomes.length === 1);
  writeFileSync(tokenFile, 'second\n');
  knocker.knock(STREAM);
  await until(() => outcomes.length === 2);
  expect(heard).toEqual(['POST /knock/shows/live Bearer first', 'POST /knock/shows/live Bearer second']);
  expect(outcomes).toEqual(['heard', 'heard']);
});

it('tells every address of it, and is content where one listens', async () => {
  const { heard, port } = await operator(204);
  // ::1 has no listener, where there is such an address at all.
  const { knocker, outcomes, log } = knockerAt('localhost', port);
  knocker.knock(STREAM);
  await until(() => outcomes.length === 1);
  expect(outcomes).toEqual(['heard']);
  expect(heard).toHaveLength(1);
  expect(log).toEqual([]);
});

it('gives up after a second, knocks for a stream only once at a time, and says once what is wrong', async () => {
  const { heard, port } = await operator(undefined);
  const { knocker, outcomes, log } = knockerAt('127.0.0.1', port);
  const began = performance.now();
  for (let n = 0; n < 10; n++) knocker.knock(STREAM);
  await until(() => outcomes.length === 1);
  expect(performance.now() - began).toBeLessThan(2_500);
  expect(heard).toHaveLength(1);
  knocker.knock(STREAM);
  await until(() => outcomes.length === 2);
  expect(outcomes).toEqual(['failed', 'failed']);
  expect(log).toHaveLength(1);
  expect(log.join()).not.toContain('first');
});

it('does not mind an operator that refuses, a name that is none or a token that is missing', async () => {
  const { port } = await operator(401);
  const refused = knockerAt('127.0.0.1', port);
  const nowhere = knockerAt('operator.invalid', port);
  const tokenless = knockerAt('127.0.0.1', port);
  refused.knocker.knock(STREAM);
  nowhere.knocker.knock(STREAM);
  await until(() => refused.outcomes.length + nowhere.outcomes.length === 2);
  rmSync(tokenFile);
  tokenless.knocker.knock(STREAM);
  await until(() => tokenless.outcomes.length === 1);
  expect([refused.outcomes, nowhere.outcomes, tokenless.outcomes]).toEqual([['failed'], ['failed'], ['failed']]);
});
