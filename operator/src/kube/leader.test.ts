import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@showrunner/service-kit';
import { KubeClient } from '@showrunner/service-kit/kube';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { Lease } from './lease.ts';
import { LeaderElection, type Term } from './leader.ts';

const TIMING = { leaseMs: 1_000, renewDeadlineMs: 500, retryMs: 100 };

/** The leases of an API server: one, with its version checked. */
async function leaseServer() {
  const state = {
    lease: undefined as Lease | undefined,
    writes: 0,
    /** Whose writes never arrive. */
    cutOff: undefined as string | undefined,
    /** So many writes are carried out without an answer. */
    answersLost: 0,
    /** When each request was refused, where all are asked to come again in a second. */
    refusedAt: undefined as number[] | undefined,
  };
  let version = 0;
  const put = (lease: Lease): Lease => {
    state.writes++;
    return (state.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++version) } });
  };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += String(piece)));
    request.on('end', () => {
      const answer = (code: number, body: object) => {
        if (code === 200 && request.method === 'PUT' && state.answersLost-- > 0) response.destroy();
        else response.writeHead(code).end(JSON.stringify(body));
      };
      if (state.refusedAt) {
        state.refusedAt.push(performance.now());
        return response.writeHead(429, { 'retry-after': '1' }).end('{}');
      }
      const body = text ? (JSON.parse(text) as Lease) : undefined;
      if (state.cutOff !== undefined && body?.spec?.holderIdentity === state.cutOff) return response.destroy();
      if (request.method === 'GET') return answer(state.lease ? 200 : 404, state.lease ?? {});
      if (request.method === 'POST') return state.lease ? answer(409, {}) : answer(201, put(body!));
      if (!state.lease) return answer(404, {});
      const isLast = body!.metadata.resourceVersion === state.lease.metadata.resourceVersion;
      return isLast ? answer(200, put(body!)) : answer(409, {});
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { client: new KubeClient({ server: url, credentials: async () => ({ tls: {} }) }), put });
}

function candidate(client: KubeClient, identity: string, now?: () => number) {
  const terms: Term[] = [];
  const election = new LeaderElection({
    client,
    namespace: 'showrunner',
    name: 'operator',
    identity,
    onTerm: (term) => terms.push(term),
    logger: createLogger({ name: 'test', level: 'silent' }),
    timing: TIMING,
    ...(now ? { now } : {}),
  });
  onTestFinished(() => election.close());
  election.start();
  return { election, terms };
}

const leading = ({ election }: { election: LeaderElection }) =>
  vi.waitFor(() => expect(election.leads).toBe(true), 3_000);

it('lets one of two lead, which renews', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  const b = candidate(server.client, 'b');
  await sleep(1_500);
  expect(a.terms).toHaveLength(1);
  expect(b.terms).toHaveLength(0);
  expect(server.lease?.spec?.holderIdentity).toBe('a');
  expect(server.writes).toBeGreaterThan(10);
  expect(server.lease?.spec?.leaseTransitions).toBe(0);
});

it('gives the lease back when it is closed, and the other leads at once', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  const b = candidate(server.client, 'b');
  await a.election.close();
  expect(a.terms[0]?.signal.aborted).toBe(true);
  const closed = performance.now();
  await leading(b);
  expect(performance.now() - closed).toBeLessThan(500);
  expect(server.lease?.spec?.leaseTransitions).toBe(1);
});

it('takes the lease of one that fell silent only when its time is over', async () => {
  const server = await leaseServer();
  server.put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'showrunner' },
    // Its clock is years behind ours.
    spec: { holderIdentity: 'gone', leaseDurationSeconds: 1, renewTime: '2020-01-01T00:00:00.000000Z' },
  });
  const started = performance.now();
  const b = candidate(server.client, 'b');
  await leading(b);
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_000);
});

it('ends its term when it cannot renew, before another begins one, and stands again', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  const b = candidate(server.client, 'b');
  await sleep(150);
  const cutOffAt = performance.now();
  const ended = once(a.terms[0]!.signal, 'abort').then(() => performance.now());
  server.cutOff = 'a';
  const endedAt = await ended;
  expect(endedAt - cutOffAt).toBeLessThan(600);
  expect(a.terms[0]!.isValid()).toBe(false);
  expect(b.terms).toHaveLength(0);
  await leading(b);
  expect(performance.now() - endedAt).toBeGreaterThan(300);
  server.cutOff = undefined;
  await sleep(300);
  expect(a.terms).toHaveLength(1);
  await b.election.close();
  await leading(a);
  expect(a.terms).toHaveLength(2);
});

it('goes on leading where the server carried a renewal out and the answer was lost', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  server.answersLost = 2;
  await sleep(500);
  expect(a.terms).toHaveLength(1);
  expect(a.election.leads).toBe(true);
});

it('goes on leading where somebody edits or deletes the lease', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  server.put(server.lease!);
  await sleep(250);
  server.lease = undefined;
  await vi.waitFor(() => expect(server.lease?.spec?.holderIdentity).toBe('a'));
  expect(a.terms).toHaveLength(1);
});

it('lets the leader of a pod whose container was started again lead on at once', async () => {
  const server = await leaseServer();
  server.put({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'operator', namespace: 'showrunner' },
    spec: { holderIdentity: 'a', leaseDurationSeconds: 15 },
  });
  const started = performance.now();
  await leading(candidate(server.client, 'a'));
  expect(performance.now() - started).toBeLessThan(500);
});

it('does not take itself for the leader after it stood still, before any timer has woken up', async () => {
  const server = await leaseServer();
  let stoodStillMs = 0;
  const a = candidate(server.client, 'a', () => performance.now() + stoodStillMs);
  await leading(a);
  stoodStillMs = TIMING.renewDeadlineMs;
  expect(a.terms[0]!.isValid()).toBe(false);
  expect(a.election.leads).toBe(false);
});

it('comes again no sooner than the server asks for, as long as that does not cost the lease', async () => {
  const server = await leaseServer();
  const a = candidate(server.client, 'a');
  await leading(a);
  const refusedAt = (server.refusedAt = []) as number[];
  await vi.waitFor(() => expect(refusedAt.length).toBeGreaterThan(3), 3_000);
  server.refusedAt = undefined;
  // An attempt is given up after half of the deadline.
  const attemptMs = TIMING.renewDeadlineMs / 2;
  const pauses = refusedAt.slice(1).map((at, i) => at - refusedAt[i]!);
  expect(Math.min(...pauses)).toBeGreaterThan(attemptMs + TIMING.retryMs - 20);
});
