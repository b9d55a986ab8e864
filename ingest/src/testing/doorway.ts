import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SecureContext } from 'node:tls';
import { Registry } from '@prometheus-io/client';
import { createLogger, hashStreamKey, SqliteResourceStore, type StreamRef } from '@showrunner/service-kit';
import type { IngestAddress } from '../front-door/call-ingest.ts';
import { createStoreAdmission } from '../admission/store-admission.ts';
import { frontDoorConfigSchema, type FrontDoorConfig } from '../front-door/config.ts';
import { FrontDoor } from '../front-door/front-door.ts';
import { FrontDoorMetrics } from '../front-door/metrics.ts';

/** A front door before a store of LiveStreams, with whatever stands behind it. */
export interface Doorway {
  readonly frontDoor: FrontDoor;
  readonly port: number;
  readonly store: SqliteResourceStore;
  /** Streams that were knocked for, in order. */
  readonly knocks: string[];
  /** Lines of the log. */
  readonly log: string[];
  /** Where the ingest of every stream is called from now on. */
  lead(address: IngestAddress): void;
  /** At which port pods are called from now on, where a status names their address. */
  leadToPods(port: number): void;
  /** Applies a stream with a key of the same name, ready unless said otherwise. */
  stream(name: string, options?: { spec?: object; ready?: boolean; key?: string; podIP?: string }): Promise<void>;
  /** The line of a metric. */
  metric(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

export async function openDoorway(
  options: { config?: Partial<FrontDoorConfig>; secureContext?: () => SecureContext } = {},
): Promise<Doorway> {
  const folder = mkdtempSync(join(tmpdir(), 'doorway-'));
  const store = new SqliteResourceStore({ path: join(folder, 'all.db'), kinds: ['LiveStream'] });
  const log: string[] = [];
  const logger = createLogger({ name: 'test', level: 'info' }, { write: (line: string) => void log.push(line) });
  const registry = new Registry();
  const admission = createStoreAdmission({ feeds: [store], logger });
  const knocks: string[] = [];
  let target: IngestAddress = { host: '127.0.0.1', port: 1 };
  let podPort = 1;
  const frontDoor = new FrontDoor({
    config: frontDoorConfigSchema.parse({
      host: '127.0.0.1',
      rtmpPort: 0,
      rtmpsPort: 0,
      operatorHost: 'operator',
      knockTokenFile: '/dev/null',
      wrongKeyDelayMs: 20,
      ...options.config,
    }),
    admission,
    locate: (_stream, podIP) => (podIP === undefined ? target : { host: podIP, port: podPort }),
    knock: ({ namespace, name }) => void knocks.push(`${namespace}/${name}`),
    secureContext: options.secureContext,
    metrics: new FrontDoorMetrics(registry),
    logger,
  });
  await admission.start();
  await frontDoor.start();
  return {
    frontDoor,
    port: frontDoor.ports.rtmp,
    store,
    knocks,
    log,
    lead: (address) => void (target = address),
    leadToPods: (port) => void (podPort = port),
    async stream(name, { spec = {}, ready = true, key = name, podIP } = {}) {
      const ref: StreamRef = { namespace: 'default', name };
      const head = { apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: ref };
      await store.apply('LiveStream', { ...head, spec });
      const condition = {
        type: 'IngestReady',
        status: ready ? ('True' as const) : ('False' as const),
        reason: 'Test',
        message: '',
        lastTransitionTime: '2026-11-21T00:00:00Z',
      };
      const ingest = { keyHashes: [{ sha256: hashStreamKey(key) }], ...(podIP && { podIP }) };
      await store.patchStatus('LiveStream', ref, { ingest, conditions: [condition] });
      for (const end = Date.now() + 5_000; Date.now() < end;) {
        const known = admission.stream(ref);
        if (
          known?.status.conditions &&
          JSON.stringify(known.spec) === JSON.stringify((await store.get('LiveStream', ref))?.spec)
        )
          return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async metric(name) {
      return (await registry.metrics()).split('\n').find((line) => line.startsWith(name));
    },
    async close() {
      await frontDoor.close();
      await admission.close();
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
}
