import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Logger, StreamRef } from '@showrunner/service-kit';
import type { StoreAdmission } from '../admission/store-admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { Connections } from '../rtmp/connections.ts';
import { Listener } from '../rtmp/listener.ts';
import { ReadBeat } from '../rtmp/read-beat.ts';
import { until } from '../until.ts';
import type { FrontDoorConfig } from './config.ts';
import { decideRoom } from './decide-room.ts';
import type { FrontDoorMetrics } from './metrics.ts';
import type { ReachContext } from './reach-ingest.ts';
import { FrontDoorSession, type FrontDoorContext } from './session.ts';
import { StartingPods } from './starting-pods.ts';

export interface FrontDoorOptions {
  readonly config: FrontDoorConfig;
  readonly admission: StoreAdmission;
  /** Where the ingest of a stream is called. */
  readonly locate: ReachContext['locate'];
  /** Tells the operator that somebody waits. */
  readonly knock: (stream: StreamRef) => void;
  /** Of RTMPS, as of now. */
  readonly secureContext: (() => SecureContext) | undefined;
  readonly metrics: FrontDoorMetrics;
  readonly logger: Logger;
}

/** All are read together, were it one alone: to be woken for each of its messages costs twice as much. */
const BEAT_FROM_PUBLISHERS = 1;
/** Delays media by half of itself on average. */
const BEAT_MS = 30;
/** Seldom, for here nothing is found by it but time that has run out. */
const SWEEP_MS = 500;

/**
 * Takes publishers in from outside, over RTMP and RTMPS: checks their keys by the LiveStreams, waits for the ingest of those
 * that it lets in, and passes their bytes on to it.
 */
export class FrontDoor {
  readonly #options: FrontDoorOptions;
  readonly #context: FrontDoorContext;
  readonly #sessions: Connections<FrontDoorSession>;
  readonly #startingPods: StartingPods;
  readonly #rtmp: Listener;
  readonly #rtmps: Listener | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: FrontDoorOptions) {
    const { config, admission, locate, knock, secureContext, metrics, logger } = options;
    const now = () => performance.now();
    this.#options = options;
    this.#sessions = new Connections(config, now);
    this.#startingPods = new StartingPods(admission, now);
    const { handshakeTimeoutMs, wrongKeyDelayMs, holdMs } = config;
    this.#context = {
      config: { handshakeTimeoutMs, wrongKeyDelayMs },
      admission,
      locate,
      startingPods: this.#startingPods,
      knock,
      holdMs,
      metrics,
      logger,
      now,
      beat: new ReadBeat({ from: BEAT_FROM_PUBLISHERS, intervalMs: BEAT_MS }),
      makeRoom: ({ stream }) => this.#makeRoom(stream),
    };
    const { host, rtmpPort, rtmpsPort } = config;
    const listen = (protocol: 'RTMP' | 'RTMPS', port: number, secure?: () => SecureContext): Listener =>
      new Listener({ protocol, host, port, logger, accept: (socket) => this.#accept(socket, secure) });
    this.#rtmp = listen('RTMP', rtmpPort);
    this.#rtmps = secureContext && listen('RTMPS', rtmpsPort, secureContext);
  }

  /** Ports that are listened on, once started. */
  get ports(): { readonly rtmp: number; readonly rtmps?: number } {
    return { rtmp: this.#rtmp.port, ...(this.#rtmps && { rtmps: this.#rtmps.port }) };
  }

  /** Throws a sentence where a port is taken or may not be used. */
  async start(): Promise<void> {
    this.#startingPods.start();
    await this.#rtmp.start();
    await this.#rtmps?.start();
    this.#sessions.start(SWEEP_MS);
  }

  /** Takes no newcomers any more, and waits until everybody has gone or the signal aborts. */
  async drain(signal: AbortSignal): Promise<void> {
    void this.#rtmp.close();
    void this.#rtmps?.close();
    await until(() => this.#sessions.size === 0, signal);
  }

  /** Ends every connection and waits until it is gone. Idempotent. */
  async close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    await this.#closing;
  }

  async #shutDown(): Promise<void> {
    const listeners = [this.#rtmp, ...(this.#rtmps ? [this.#rtmps] : [])];
    const stopped = Promise.all(listeners.map((listener) => listener.close()));
    await this.#sessions.close();
    this.#startingPods.close();
    await stopped;
  }

  #makeRoom(stream: StreamRef): Refusal | undefined {
    const { replace, refuse } = decideRoom(stream, this.#sessions, this.#options.config);
    replace?.refuse(refusal('replaced'));
    return refuse;
  }

  #accept(raw: Socket, secure: (() => SecureContext) | undefined): void {
    const { metrics } = this.#options;
    if (this.#closing || !this.#sessions.makeRoomFor(raw.remoteAddress)) {
      metrics.refusal('too-many-connections');
      raw.destroy();
      return;
    }
    // The TLS handshake is a part of the time that a stranger has, and it counts as one meanwhile.
    const socket = secure ? new TLSSocket(raw, { isServer: true, secureContext: secure() }) : raw;
    const session: FrontDoorSession = new FrontDoorSession(socket, this.#context, () => {
      this.#sessions.delete(session);
      metrics.connections.set(this.#sessions.size);
    });
    this.#sessions.add(session);
    metrics.connections.set(this.#sessions.size);
  }
}
