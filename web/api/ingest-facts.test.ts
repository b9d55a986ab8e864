import type { StreamFacts } from '@showrunner/service-kit';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { IngestFacts, ingestStateUrl } from './ingest-facts.ts';

const FACTS: StreamFacts = {
  onAirSince: '2026-11-21T12:00:00Z',
  publisherSince: '2026-11-21T12:00:00Z',
  bitrate: 2_600_000,
  bitrateJitter: 0,
  arrivalDelayMs: 3,
  timestampJumps: 0,
};
const LIVE = JSON.stringify({ state: 'live', onAirSince: FACTS.onAirSince, facts: FACTS });
const stream = (name: string) => ({ namespace: 'default', name });

let server: Server | undefined;
let facts: IngestFacts;
let asked: string[];
let time: number;
afterEach(async () => {
  if (!server) return;
  facts.close();
  server.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

/** An ingest pod for all streams, which answers like this. */
async function pods(answer: RequestListener, maxStreams?: number): Promise<void> {
  asked = [];
  time = 0;
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const urlOf = ({ namespace, name }: { namespace: string; name: string }) =>
    `http://127.0.0.1:${port}/state/${namespace}/${name}`;
  facts = new IngestFacts({ urlOf, now: () => time, ...(maxStreams === undefined ? {} : { maxStreams }) });
}

describe('the address of a pod', () => {
  it("is its Service's, as an absolute name", () => {
    expect(ingestStateUrl({ namespace: 'tenant', name: 'lecture' }, 'cluster.local')).toBe(
      'http://lecture-ingest.tenant.svc.cluster.local.:9090/state/tenant/lecture',
    );
  });
});

describe('IngestFacts', () => {
  it('asks once a second, however many want to know', async () => {
    await pods((_request, response) => response.end(LIVE));
    const many = await Promise.all(Array.from({ length: 50 }, () => facts.of(stream('a'))));
    expect(many.every((one) => one?.bitrate === FACTS.bitrate)).toBe(true);
    time = 999;
    await facts.of(stream('a'));
    expect(asked).toEqual(['/state/default/a']);
    time = 1_000;
    expect(await facts.of(stream('a'))).toEqual(FACTS);
    expect(asked).toHaveLength(2);
  });

  it.each<[string, RequestListener]>([
    ['nobody publishes', (_request, response) => response.end('{"state":"off"}')],
    ['the pod is of another stream', (_request, response) => response.writeHead(404).end(LIVE)],
    [
      'the answer breaks the agreement',
      (_request, response) => response.end('{"state":"live","facts":{"bitrate":-1}}'),
    ],
    ['the answer is no JSON', (_request, response) => response.end('<html>')],
    ['the answer is too long', (_request, response) => response.end(LIVE + ' '.repeat(100_000))],
    ['the connection is cut', (request) => request.socket.destroy()],
    ['the answer is cut', (_request, response) => response.writeHead(200, { 'content-length': 9_999 }).write(LIVE)],
    ['no answer comes', () => undefined],
  ])('knows nothing where %s', async (_case, answer) => {
    await pods(answer);
    const begun = performance.now();
    expect(await facts.of(stream('a'))).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  it('asks about a bounded number of streams within a second', async () => {
    await pods((_request, response) => response.end(LIVE), 2);
    expect(await facts.of(stream('a'))).toEqual(FACTS);
    expect(await facts.of(stream('b'))).toEqual(FACTS);
    expect(await facts.of(stream('c'))).toBeUndefined();
    expect(await facts.of(stream('a'))).toEqual(FACTS);
    time = 1_000;
    expect(await facts.of(stream('c'))).toEqual(FACTS);
    expect(asked).toEqual(['/state/default/a', '/state/default/b', '/state/default/c']);
  });

  it('lets pods that do not answer keep nobody else waiting for long', async () => {
    await pods((request, response) => {
      if (request.url?.endsWith('quick')) response.end(LIVE);
    });
    const silent = Array.from({ length: 200 }, (_, n) => facts.of(stream(`silent-${n}`)));
    expect(await Promise.all(silent)).toEqual(Array.from({ length: 200 }, () => undefined));
    expect(await facts.of(stream('quick'))).toEqual(FACTS);
  });
});
