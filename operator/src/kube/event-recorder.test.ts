import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as soon } from 'node:timers/promises';
import { createLogger } from '@showrunner/service-kit';
import { KubeClient } from '@showrunner/service-kit/kube';
import { expect, it, onTestFinished } from 'vitest';
import { EventRecorder } from './event-recorder.ts';

interface Written {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

const STREAM = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', namespace: 'ns', name: 'live', uid: 'u1' };
const READY = { type: 'Normal', reason: 'Ready', message: 'OBS can connect.' } as const;

async function setUp({ status = 200 } = {}) {
  const written: Written[] = [];
  const state = { now: Date.parse('2026-11-21T09:00:00Z'), dropped: 0, status };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += String(piece)));
    request.on('end', () => {
      written.push({ method: request.method!, path: request.url!, body: JSON.parse(text) as Record<string, unknown> });
      response.writeHead(request.method === 'PATCH' ? state.status : 201).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const recorder = new EventRecorder({
    client: new KubeClient({ server: url, credentials: async () => ({ tls: {} }) }),
    instance: 'operator-1',
    logger: createLogger({ name: 'test', level: 'silent' }),
    onDropped: () => state.dropped++,
    now: () => state.now,
  });
  return { recorder, written, state };
}

it('writes an event about the resource', async () => {
  const { recorder, written } = await setUp();
  recorder.record(STREAM, READY);
  await recorder.close();
  expect(written).toEqual([
    {
      method: 'POST',
      path: '/api/v1/namespaces/ns/events',
      body: expect.objectContaining({
        involvedObject: STREAM,
        ...READY,
        count: 1,
        firstTimestamp: '2026-11-21T09:00:00Z',
        lastTimestamp: '2026-11-21T09:00:00Z',
        reportingInstance: 'operator-1',
      }) as unknown,
    },
  ]);
});

it('counts an event that happens again, and tells it anew after a while', async () => {
  const { recorder, written, state } = await setUp();
  recorder.record(STREAM, READY);
  await recorder.close();
  state.now += 60_000;
  recorder.record(STREAM, READY);
  recorder.record(STREAM, READY);
  await recorder.close();
  const { name } = written[0]!.body['metadata'] as { name: string };
  const patches = written.slice(1);
  expect(patches.every(({ method, path }) => method === 'PATCH' && path.endsWith(`/${name}`))).toBe(true);
  expect(patches.at(-1)!.body).toEqual({ count: 3, lastTimestamp: '2026-11-21T09:01:00Z' });
  state.now += 11 * 60_000;
  recorder.record(STREAM, READY);
  await recorder.close();
  expect(written.at(-1)).toMatchObject({ method: 'POST', body: { count: 1 } });
});

it('tells anew what the server has forgotten', async () => {
  const { recorder, written } = await setUp({ status: 404 });
  recorder.record(STREAM, READY);
  await recorder.close();
  recorder.record(STREAM, READY);
  await recorder.close();
  expect(written.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
});

it('lets no object have more than its share, and grants it more with time', async () => {
  const { recorder, written, state } = await setUp();
  for (let i = 0; i < 40; i++) recorder.record(STREAM, { ...READY, message: `Number ${i}.` });
  recorder.record({ ...STREAM, uid: 'u2', name: 'other' }, READY);
  await recorder.close();
  expect(written).toHaveLength(26);
  expect(state.dropped).toBe(15);
  state.now += 60_000;
  for (let i = 0; i < 5; i++) recorder.record(STREAM, { ...READY, message: `Later ${i}.` });
  await recorder.close();
  expect(written).toHaveLength(28);
});

it('holds no more than so many that wait', async () => {
  const { recorder, written, state } = await setUp();
  for (let i = 0; i < 5_500; i++) recorder.record({ ...STREAM, uid: `u${i}` }, READY);
  expect(state.dropped).toBeGreaterThan(450);
  await recorder.close();
  expect(written.length + state.dropped).toBe(5_500);
});

it('writes an event that comes at any moment of the end of another', async () => {
  for (let ticks = 0; ticks < 12; ticks++) {
    const written: string[] = [];
    const create = async (_resource: unknown, { reason }: { reason: string }) => void written.push(reason);
    const recorder = new EventRecorder({
      client: { create } as unknown as KubeClient,
      instance: 'operator-1',
      logger: createLogger({ name: 'test', level: 'silent' }),
      onDropped: () => undefined,
    });
    recorder.record(STREAM, READY);
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    recorder.record(STREAM, { ...READY, reason: 'ShowStarted' });
    await soon();
    expect([ticks, written]).toEqual([ticks, ['Ready', 'ShowStarted']]);
  }
});
