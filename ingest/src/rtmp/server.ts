import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { streamId, type StreamRef } from '@showrunner/service-kit';
import { ReadBeat } from './read-beat.ts';
import { RtmpSession, type SessionContext } from './session.ts';

const SWEEP_MS = 200;
/** Fewer cost less when each is read as its media comes; a beat delays media by half of itself on average. */
const BEAT_FROM_PUBLISHERS = 4;
const BEAT_MS = 30;

/** Listens for RTMP and keeps the sessions. */
export class RtmpServer {
  readonly #context: SessionContext;
  readonly #server: Server;
  readonly #sessions = new Set<RtmpSession>();
  #sweeper: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(context: Omit<SessionContext, 'mayPublish' | 'ended' | 'beat'>) {
    this.#context = {
      ...context,
      beat: new ReadBeat({ from: BEAT_FROM_PUBLISHERS, intervalMs: BEAT_MS }),
      mayPublish: () => this.#sessions.size - this.#strangers() < context.config.maxPublishers,
      ended: (session) => {
        this.#sessions.delete(session);
        context.metrics.connections.set(this.#sessions.size);
      },
    };
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  /** The port that is listened on, once started. */
  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  /** Throws a sentence where the port is taken or may not be used. */
  async start(): Promise<void> {
    const { host, port } = this.#context.config;
    await new Promise<void>((resolve, reject) => {
      const refused = (error: NodeJS.ErrnoException): void => {
        const why = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
        reject(new Error(`RTMP cannot listen on port ${port} of ${host}: ${why}.`, { cause: error }));
      };
      this.#server.once('error', refused);
      this.#server.listen(port, host, () => {
        this.#server.off('error', refused);
        this.#server.on('error', (error) => this.#context.logger.error({ err: error }, 'RTMP listener failed'));
        resolve();
      });
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#unlisten = this.#context.admission.onChange((stream) => this.#review(stream));
  }

  async close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    await this.#closing;
  }

  async #shutDown(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#unlisten?.();
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([...this.#sessions].map((session) => session.close()));
    await stopped;
  }

  #accept(socket: Socket): void {
    const { config, metrics, logger } = this.#context;
    const crowded =
      this.#strangers() >= config.unauthenticatedTotal ||
      this.#strangers(socket.remoteAddress) >= config.unauthenticatedPerAddress;
    if (crowded || this.#closing) {
      metrics.refusal('too-many-connections');
      socket.destroy();
      return;
    }
    this.#sessions.add(new RtmpSession(socket, this.#context, logger));
    metrics.connections.set(this.#sessions.size);
  }

  /** Connections that do not publish, of one address or of all. */
  #strangers(address?: string): number {
    let count = 0;
    for (const session of this.#sessions) {
      if (!session.grant && (address === undefined || session.address === address)) count += 1;
    }
    return count;
  }

  #sweep(): void {
    const now = this.#context.now();
    for (const session of this.#sessions) session.sweep(now);
    this.#context.shows.sweep();
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
