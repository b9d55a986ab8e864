import type { Socket } from 'node:net';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import type { Door, DoorContext } from '../door.ts';
import { refusal } from '../errors.ts';
import { until } from '../until.ts';
import { Connections } from './connections.ts';
import { Listener } from './listener.ts';
import { ReadBeat } from './read-beat.ts';
import { RtmpSession, type SessionContext } from './session.ts';

const SWEEP_MS = 200;
/** Fewer cost less when each is read as its media comes; a beat delays media by half of itself on average. */
const BEAT_FROM_PUBLISHERS = 4;
const BEAT_MS = 30;

/** Listens for RTMP and keeps the sessions. */
export class RtmpServer implements Door {
  readonly #context: SessionContext;
  readonly #listener: Listener;
  readonly #sessions: Connections<RtmpSession>;
  #unlisten: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(context: DoorContext) {
    const { config, logger, now } = context;
    this.#sessions = new Connections(config, now);
    this.#context = {
      ...context,
      beat: new ReadBeat({ from: BEAT_FROM_PUBLISHERS, intervalMs: BEAT_MS }),
      makeRoom: () => (this.#sessions.mayPublish() ? undefined : refusal('too-many-publishers')),
    };
    const { host, port } = config;
    this.#listener = new Listener({ protocol: 'RTMP', host, port, logger, accept: (socket) => this.#accept(socket) });
  }

  /** The port that is listened on, once started. */
  get port(): number {
    return this.#listener.port;
  }

  /** Throws a sentence where the port is taken or may not be used. */
  async start(): Promise<void> {
    await this.#listener.start();
    this.#sessions.start(SWEEP_MS, () => this.#context.shows.sweep());
    this.#unlisten = this.#context.admission.onChange((stream) => this.#review(stream));
  }

  async drain(signal: AbortSignal): Promise<void> {
    void this.#listener.close();
    for (const session of this.#sessions) if (session.isStranger) session.refuse(refusal('shutdown'));
    await until(() => [...this.#sessions].every(({ isStranger }) => isStranger), signal);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    await this.#closing;
  }

  async #shutDown(): Promise<void> {
    this.#unlisten?.();
    const stopped = this.#listener.close();
    await this.#sessions.close();
    await stopped;
  }

  #accept(socket: Socket): void {
    const { metrics } = this.#context;
    if (this.#closing || !this.#sessions.makeRoomFor(socket.remoteAddress)) {
      metrics.refusal('too-many-connections');
      socket.destroy();
      return;
    }
    const session: RtmpSession = new RtmpSession(socket, this.#context, () => {
      this.#sessions.delete(session);
      metrics.connections.dec();
    });
    this.#sessions.add(session);
    metrics.connections.inc();
  }

  /** What was admitted may be admitted no longer. */
  #review(stream: StreamRef): void {
    const id = streamId(stream);
    const now = this.#context.now();
    for (const session of this.#sessions) {
      if (session.grant && streamId(session.grant.stream) === id) session.sweep(now);
    }
    // A show that waits for its publisher to come back has no session that could end it.
    const barred = this.#context.admission.barred(stream);
    if (barred) this.#context.shows.end(stream, barred.stop);
  }
}
