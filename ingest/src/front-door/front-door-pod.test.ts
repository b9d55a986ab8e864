import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, createRegistry, SqliteResourceStore } from '@showrunner/service-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/publish.ts';
import { RtmpClient } from '../testing/rtmp-client.ts';
import { frontDoorConfigSchema } from './config.ts';
import { createFrontDoorPod, ingestAddress, type FrontDoorPod } from './front-door-pod.ts';

const NEEDED = { operatorHost: 'operator', knockTokenFile: '/dev/null' };
let folder: string;
let store: SqliteResourceStore;
let pod: FrontDoorPod | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'front-door-'));
  store = new SqliteResourceStore({ path: join(folder, 'all.db'), kinds: ['LiveStream'] });
});
afterEach(async () => {
  await pod?.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

function make(settings: object = {}) {
  const log: string[] = [];
  const ports = { host: '127.0.0.1', rtmpPort: 0, opsPort: 0 };
  const made = createFrontDoorPod({
    config: frontDoorConfigSchema.parse({ ...NEEDED, ...ports, lameDuckMs: 1_000, ...settings }),
    feeds: [store],
    logger: createLogger({ name: 'test', level: 'info' }, { write: (line: string) => void log.push(line) }),
    registry: createRegistry(),
  });
  pod = made;
  const readyPorts = () => {
    const ready = log.map((line) => JSON.parse(line) as { ports?: Record<string, number> }).find(({ ports }) => ports);
    return ready?.ports ?? {};
  };
  return { pod: made, readyPorts };
}

describe('the front door as a process', () => {
  it('is ready for as long as it takes newcomers, and takes them for a while after it was told to go', async () => {
    const { pod, readyPorts } = make({ wrongKeyDelayMs: 20 });
    await pod.start();
    const { ops, rtmp } = readyPorts();
    const probe = async (path: string) => (await fetch(`http://127.0.0.1:${ops}${path}`)).status;
    expect([await probe('/readyz'), await probe('/healthz'), await probe('/metrics'), await probe('/')]).toEqual([
      200, 200, 200, 404,
    ]);
    const closed = pod.close();
    await sleep(500);
    const late = await RtmpClient.connect(rtmp!);
    late.publish('unknown');
    await until(() => late.statuses.length > 0);
    expect(late.statuses[0]).toContain('This stream key is not known');
    expect(await probe('/readyz')).toBe(200);
    await sleep(600);
    await expect(RtmpClient.connect(rtmp!)).rejects.toThrow('ECONNREFUSED');
    late.socket.destroy();
    await closed;
    await expect(probe('/readyz')).rejects.toThrow();
  });

  it('may be closed before it has begun', async () => {
    const { pod } = make();
    const starting = pod.start();
    await pod.close();
    await starting;
  });

  it('says in words that its certificate is missing', () => {
    expect(() => make({ tlsCert: '/no/such.crt', tlsKey: '/no/such.key' })).toThrow(
      'RTMPS: /no/such.crt and /no/such.key must be a certificate and its key in PEM: ENOENT.',
    );
  });
});

it('calls an ingest by the absolute name of its Service, or at its pod', () => {
  expect(ingestAddress({ namespace: 'shows', name: 'live' }, undefined, 'cluster.local')).toEqual({
    host: 'live-ingest.shows.svc.cluster.local.',
    port: 1935,
  });
  expect(ingestAddress({ namespace: 'shows', name: 'live' }, 'fd00::7', 'cluster.local')).toEqual({
    host: 'fd00::7',
    port: 1935,
  });
});

it('wants a certificate with its key, and reads a list of namespaces', () => {
  const { error } = frontDoorConfigSchema.safeParse({ ...NEEDED, tlsCert: 'x' });
  expect(error?.issues[0]?.message).toBe('tlsCert and tlsKey must be set both or neither');
  expect(frontDoorConfigSchema.parse({ ...NEEDED, namespaces: 'a, b,' }).namespaces).toEqual(['a', 'b']);
  expect(frontDoorConfigSchema.parse(NEEDED).namespaces).toEqual([]);
});
