import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { ExpiredError } from '../seams/resource-store.ts';
import type { KubeObject } from './kube-client.ts';
import { KUBE } from './kube-resources.ts';
import { persistentWatch } from './persistent-watch.ts';
import { localServer } from './testing/local-server.ts';

const logger = createLogger({ name: 'test', level: 'silent' });
const event = (type: string, resourceVersion: string) =>
  `${JSON.stringify({ type, object: { metadata: { name: `v${resourceVersion}`, resourceVersion } } })}\n`;

type Answer = (response: ServerResponse) => void;

/** A server that answers one watch after the other, and what a persistent watch of it brings. */
async function follow(...answers: Answer[]) {
  return followFor(undefined, ...answers);
}

async function followFor(silenceMs: number | undefined, ...answers: Answer[]) {
  const from: (string | null)[] = [];
  const { client } = await localServer((request, response) => {
    from.push(new URL(request.url ?? '', 'http://localhost').searchParams.get('resourceVersion'));
    const next = answers.shift();
    if (next) next(response);
    else response.writeHead(200).flushHeaders();
  });
  const stop = new AbortController();
  const told: string[] = [];
  const reading = (async () => {
    const options = { from: '1', namespace: 'ns', signal: stop.signal, logger, ...(silenceMs && { silenceMs }) };
    for await (const { object } of persistentWatch<KubeObject>(client, KUBE.liveStreams, options)) {
      told.push(object.metadata.name);
    }
  })();
  reading.catch(() => undefined);
  return { client, stop, told, from, reading };
}

describe('a persistent watch', () => {
  it('goes on behind the last event or bookmark, however a watch ended', async () => {
    const { told, from, stop, reading } = await follow(
      (response) => response.end(event('ADDED', '2')),
      (response) => {
        response.write(event('MODIFIED', '3') + event('BOOKMARK', '7'));
        setTimeout(() => response.destroy(), 20);
      },
      (response) => response.writeHead(500).end('<html>'),
      (response) => response.write(event('DELETED', '8')),
    );
    await vi.waitFor(() => expect(told).toEqual(['v2', 'v3', 'v8']), 5_000);
    expect(from).toEqual(['1', '2', '7', '7']);
    stop.abort();
    await reading;
  });

  it('ends where the server has forgotten what came in between', async () => {
    const { reading } = await follow((response) => response.writeHead(410).end('{"reason":"Expired"}'));
    await expect(reading).rejects.toEqual(new ExpiredError('Changes after version 1 are not remembered: list again.'));
  });

  it('asks more and more seldom where watches end at once', async () => {
    const began = performance.now();
    const { reading } = await follow(
      ...Array.from({ length: 50 }, () => (response: ServerResponse) => void response.end()),
    );
    await expect(reading).rejects.toThrow();
    // Four pauses: 100, 200, 400 and 800 ms, and up to a half more.
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_500);
  });

  it('gives up a version from which nothing comes, for the server may have lost it', async () => {
    const silent: Answer = (response) => response.writeHead(200).flushHeaders();
    const { from, reading } = await followFor(
      500,
      (response) => response.end(event('ADDED', '9000')),
      silent,
      (response) => response.writeHead(500).end('<html>'),
      silent,
      (response) => response.end(),
      silent,
    );
    await expect(reading).rejects.toEqual(
      new ExpiredError('Nothing has come after version 9000 in 5 watches: list again.'),
    );
    expect(from).toEqual(['1', '9000', '9000', '9000', '9000', '9000']);
  });

  it('keeps a version from which something comes now and then', async () => {
    const end: Answer = (response) => void response.end();
    const bookmark: Answer = (response) => void response.end(event('BOOKMARK', '7'));
    const { from, stop, reading } = await follow(end, end, end, bookmark, end, end, end, (response) =>
      response.write(event('ADDED', '8')),
    );
    await vi.waitFor(() => expect(from).toHaveLength(8), 15_000);
    stop.abort();
    await reading;
  });

  it('waits as long as the server wants', async () => {
    const { from, stop, reading } = await follow((response) => response.writeHead(429, { 'retry-after': '1' }).end());
    await sleep(800);
    expect(from).toHaveLength(1);
    await vi.waitFor(() => expect(from).toHaveLength(2), 2_000);
    stop.abort();
    await reading;
  });

  it('ends with the client', async () => {
    const { client, from, reading } = await follow();
    await vi.waitFor(() => expect(from).toHaveLength(1));
    await client.close();
    await reading;
  });
});
