import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ingestStateSchema } from '@showrunner/service-kit';
import { mountStream, startIngestProcess, type MountedStream, type PodProcess } from '../testing/ingest-process.ts';
import { push, until } from '../testing/publish.ts';

let stream: MountedStream;
let pod: PodProcess | undefined;
beforeEach(() => {
  stream = mountStream();
});
afterEach(async () => {
  await pod?.end('SIGKILL');
  pod = undefined;
  stream.remove();
});

async function start(settings: Record<string, string> = {}): Promise<PodProcess> {
  return (pod = await startIngestProcess(stream, settings));
}

async function state(path = '/state/shows/live') {
  const response = await fetch(`http://127.0.0.1:${pod?.ports['ops']}${path}`);
  return response.status === 200 ? ingestStateSchema.parse(await response.json()) : response.status;
}

async function isState(wanted: string): Promise<void> {
  for (const end = Date.now() + 8_000; Date.now() < end;) {
    const now = await state();
    if (typeof now === 'object' && now.state === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`It did not become ${wanted}: ${JSON.stringify(await state())}`);
}

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const [error] = await Promise.race([once(socket, 'connect').then(() => []), once(socket, 'error')]).catch(
    (problem: unknown) => [problem],
  );
  socket.destroy();
  return (error as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
}

describe('an ingest pod', () => {
  it('tells what its stream does, and of no other', async () => {
    stream.write({ spec: { ingest: { reconnectGrace: '500ms' } } });
    const { ports } = await start();
    expect(await state()).toEqual({ state: 'off' });
    expect(await state('/state/shows/other')).toBe(404);
    expect(await state('/state/shows/live/more')).toBe(404);
    expect((await fetch(`http://127.0.0.1:${ports['ops']}/readyz`)).status).toBe(200);
    const { ended } = push(ports['rtmp']!, { seconds: 2 });
    await isState('live');
    const live = await state();
    expect(live).toMatchObject({ state: 'live', facts: { video: { width: 320 } } });
    expect(Date.parse((live as { onAirSince: string }).onAirSince)).toBeGreaterThan(Date.now() - 10_000);
    expect(await ended).toBe('');
    await isState('reconnecting');
    await isState('off');
  });

  it('goes on with the show that another one had on air, and begins its next one anew', async () => {
    const startedAt = new Date(Date.now() - 60_000).toISOString();
    const spec = { ingest: { reconnectGrace: '0s' } };
    stream.write({ spec, startedAt });
    const { ports } = await start();
    expect(await state()).toEqual({ state: 'off' });
    const first = push(ports['rtmp']!, { seconds: 2 });
    await isState('live');
    expect(await state()).toMatchObject({ onAirSince: startedAt });
    expect(await first.ended).toBe('');
    await isState('off');
    // Its files are late.
    const second = push(ports['rtmp']!, { seconds: 2 });
    await isState('live');
    expect(await state()).not.toMatchObject({ onAirSince: startedAt });
    expect(await second.ended).toBe('');
  });

  it('takes keys and tokens as they change', async () => {
    stream.write({ token: 'first' });
    const { ports } = await start();
    const status = async (token: string) =>
      (await fetch(`http://127.0.0.1:${ports['http']}/flv/shows/live.flv?token=${token}`)).status;
    expect([await status('first'), await status('second')]).toEqual([404, 401]);
    expect(await push(ports['rtmp']!, { key: 'another-key' }).ended).toContain('This stream key is not known');
    stream.write({ keys: ['another-key'], token: 'second' });
    for (const end = Date.now() + 15_000; Date.now() < end && (await status('second')) !== 404;);
    expect([await status('first'), await status('second')]).toEqual([401, 404]);
    expect(await push(ports['rtmp']!, { key: 'another-key', seconds: 1 }).ended).toBe('');
    expect(pod?.log.join('\n')).not.toMatch(/another-key|second"/);
  });

  it('ends at once on SIGTERM where no show runs', async () => {
    stream.write({});
    await start();
    const began = Date.now();
    expect(await pod?.end('SIGTERM')).toBe(0);
    expect(Date.now() - began).toBeLessThan(2_000);
  });

  it('lets a running show end before it goes, and nobody new in', async () => {
    stream.write({});
    const { ports } = await start();
    const { ended } = push(ports['rtmp']!, { seconds: 3 });
    await isState('live');
    const exited = pod!.end('SIGTERM');
    for (const end = Date.now() + 2_000; Date.now() < end && !(await isRefused(ports['rtmp']!)););
    expect(await isRefused(ports['rtmp']!)).toBe(true);
    expect(await state()).toMatchObject({ state: 'live' });
    expect((await fetch(`http://127.0.0.1:${ports['ops']}/readyz`)).status).toBe(503);
    expect(await ended).toBe('');
    expect(await exited).toBe(0);
  });

  it('lets nobody else follow a show that it is about to leave, as long as somebody does', async () => {
    stream.write({});
    const { ports } = await start({ DRAIN_MS: '20000' });
    const { ended } = push(ports['rtmp']!, { seconds: 30 });
    await isState('live');
    const follow = async () => {
      const giveUp = new AbortController();
      const url = `http://127.0.0.1:${ports['http']}/flv/shows/live.flv?follow&token=token`;
      return { status: (await fetch(url, { signal: giveUp.signal })).status, giveUp };
    };
    const first = await follow();
    const beside = await follow();
    expect([first.status, beside.status]).toEqual([200, 200]);
    beside.giveUp.abort();
    const exited = pod!.end('SIGTERM');
    for (const end = Date.now() + 2_000; Date.now() < end && !(await isRefused(ports['rtmp']!)););
    expect((await follow()).status).toBe(503);
    first.giveUp.abort();
    let next = await follow();
    for (const end = Date.now() + 2_000; Date.now() < end && next.status !== 200; next = await follow());
    expect(next.status).toBe(200);
    void pod!.end('SIGKILL');
    await Promise.all([exited, ended]);
  });

  it('tells a publisher that goes on when the time is over', async () => {
    stream.write({});
    const { ports } = await start({ DRAIN_MS: '500' });
    const { ended } = push(ports['rtmp']!, { seconds: 30 });
    await isState('live');
    const began = Date.now();
    expect(await pod?.end('SIGTERM')).toBe(0);
    expect(Date.now() - began).toBeGreaterThan(450);
    expect(Date.now() - began).toBeLessThan(5_000);
    await ended;
    expect(pod?.log.join('\n')).toContain('The server is shutting down.');
  });

  it('runs nginx where the stream wants that engine, and makes room after the show where it wants another', async () => {
    const spec = { reconnectGrace: '2s' };
    stream.write({ spec: { ingest: { ...spec, engine: 'nginx-rtmp' } } });
    const { ports } = await start();
    const first = push(ports['rtmp']!, { seconds: 2 });
    await isState('live');
    stream.write({ spec: { ingest: { ...spec, engine: 'node-media-server' } } });
    const makesRoom = () => pod!.log.some((line) => line.includes('makes room'));
    expect(await first.ended).toBe('');
    await isState('reconnecting');
    // It comes back to the same show.
    const second = push(ports['rtmp']!, { seconds: 1 });
    await isState('live');
    expect(makesRoom()).toBe(false);
    expect(await second.ended).toBe('');
    await until(makesRoom);
    expect(await pod!.exited).toBe(0);
  });

  it('is not ready before its files can be read', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const starting = startIngestProcess(stream, { OPS_PORT: String(port) });
    const ready = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
      return response && `${response.status} ${(await response.text()).trim()}`;
    };
    let answer: string | undefined;
    for (const end = Date.now() + 15_000; Date.now() < end && !answer;) answer = await ready();
    expect(answer).toBe(`503 ${stream.path} must hold live-stream.json and flvToken; one cannot be found.`);
    stream.write({});
    pod = await starting;
    expect(await ready()).toBe('200 ok');
  });

  it('says in words what keeps it from starting', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const main = fileURLToPath(new URL('../main.ts', import.meta.url));
    const said = (env: Record<string, string>) => {
      const { stderr, status } = spawnSync(process.execPath, [main], { env, encoding: 'utf8', timeout: 15_000 });
      return [stderr.trim(), status];
    };
    const port = (server.address() as AddressInfo).port;
    expect(said({ SHOWRUNNER_OPS_PORT: String(port), SHOWRUNNER_HOST: '127.0.0.1' })).toEqual([
      `Operations cannot listen on port ${port} of 127.0.0.1: another program uses it.`,
      1,
    ]);
    expect(said({ SHOWRUNNER_DRAIN_MS: 'soon' })).toEqual([
      'SHOWRUNNER_DRAIN_MS: "soon" is not allowed: must be a number.',
      1,
    ]);
    server.close();
  });
});
