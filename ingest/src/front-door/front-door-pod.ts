import { setTimeout as sleep } from 'node:timers/promises';
import { createOpsListener, type Feed, type Logger, type Registry, type StreamRef } from '@showrunner/service-kit';
import { CLUSTER_PORTS, componentName } from '@showrunner/crds';
import { createStoreAdmission } from '../admission/store-admission.ts';
import type { IngestAddress } from './call-ingest.ts';
import { Certificate } from './certificate.ts';
import type { FrontDoorConfig } from './config.ts';
import { FrontDoor } from './front-door.ts';
import { Knocker } from './knocker.ts';
import { FrontDoorMetrics } from './metrics.ts';
import type { ReachContext } from './reach-ingest.ts';

export interface FrontDoorPodOptions {
  readonly config: FrontDoorConfig;
  /** The LiveStreams that publishers may come for; each feed is followed by itself. */
  readonly feeds: readonly Feed<'LiveStream'>[];
  readonly logger: Logger;
  readonly registry: Registry;
  /** Its pod, or its Service, where nothing else is said. */
  readonly locate?: ReachContext['locate'];
}

export interface FrontDoorPod {
  /** Answers probes at once; resolves when publishers are let in. Throws a sentence where it cannot begin. */
  start(): Promise<void>;
  /** Is ready and takes newcomers for `lameDuckMs` more, waits for those who publish, `drainMs` at most, and closes. Idempotent. */
  close(): Promise<void>;
}

/** A stream's ingest: its pod, or its Service as an absolute name, so that no search domain is tried before it. */
export function ingestAddress(
  { namespace, name }: StreamRef,
  podIP: string | undefined,
  clusterDomain: string,
): IngestAddress {
  const host = podIP ?? `${componentName(name, 'ingest')}.${namespace}.svc.${clusterDomain}.`;
  return { host, port: CLUSTER_PORTS.rtmp };
}

/** The front door as a process: with its certificate, its probes and its view of the LiveStreams. */
export function createFrontDoorPod({ config, feeds, logger, registry, locate }: FrontDoorPodOptions): FrontDoorPod {
  const { tlsCert, tlsKey, clusterDomain } = config;
  const metrics = new FrontDoorMetrics(registry);
  const certificate =
    tlsCert !== undefined && tlsKey !== undefined
      ? new Certificate({ certificateFile: tlsCert, keyFile: tlsKey, logger })
      : undefined;
  const knocker = new Knocker({
    host: config.operatorHost,
    port: config.operatorPort,
    tokenFile: config.knockTokenFile,
    logger,
    onKnock: (outcome) => metrics.knocks.inc({ outcome }),
  });
  const admission = createStoreAdmission({ feeds, logger });
  const frontDoor = new FrontDoor({
    config,
    admission,
    locate: locate ?? ((stream, podIP) => ingestAddress(stream, podIP, clusterDomain)),
    knock: (stream) => knocker.knock(stream),
    secureContext: certificate && (() => certificate.context),
    metrics,
    logger,
  });
  let phase: 'starting' | 'ready' | 'draining' = 'starting';
  const isClosing = (): boolean => phase === 'draining';
  const ready = (): string[] => (phase === 'ready' ? [] : [`The front door is ${phase}.`]);
  const ops = createOpsListener({ config, logger, registry, ready });
  let starting: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  async function run(): Promise<void> {
    await ops.start();
    await admission.start();
    if (isClosing()) return;
    await frontDoor.start();
    if (isClosing()) return;
    phase = 'ready';
    logger.info({ ports: { ...frontDoor.ports, ops: ops.port } }, 'ready');
  }

  async function shutDown(): Promise<void> {
    const isStarting = phase === 'starting';
    // Where a node has no other front door, who is sent to it comes here still, but only while this one says that it is ready.
    if (!isStarting) await sleep(config.lameDuckMs);
    phase = 'draining';
    if (isStarting) {
      await admission.close();
      await starting?.catch(() => undefined);
    } else {
      const outOfTime = new AbortController();
      const timer = setTimeout(() => outOfTime.abort(), config.drainMs);
      await frontDoor.drain(outOfTime.signal);
      clearTimeout(timer);
    }
    await frontDoor.close();
    await admission.close();
    certificate?.close();
    await ops.close();
  }

  return {
    start: () => (starting ??= run()),
    async close() {
      closing ??= shutDown();
      await closing;
    },
  };
}
