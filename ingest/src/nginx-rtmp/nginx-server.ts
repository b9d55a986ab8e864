import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Door, DoorContext } from '../door.ts';
import { refusal } from '../errors.ts';
import { Connections } from '../rtmp/connections.ts';
import { Listener } from '../rtmp/listener.ts';
import { ReadBeat } from '../rtmp/read-beat.ts';
import { until } from '../until.ts';
import { Callbacks } from './callbacks.ts';
import { LOOPBACK, nginxConfig, nginxSockets } from './nginx-config.ts';
import { NginxControl } from './nginx-control.ts';
import { DEBIAN_NGINX, NginxProcess, type NginxInstallation } from './nginx-process.ts';
import { NginxPublishers } from './nginx-publishers.ts';
import { NginxSession, type NginxSessionContext } from './nginx-session.ts';
import type { NginxStat } from './nginx-stat.ts';
import { nginxGrowth } from './nginx-tally.ts';

const SWEEP_MS = 200;
const STAT_MS = 2_000;
/** As before our own engine: fewer cost less when each is read as its media comes. */
const BEAT = { from: 4, intervalMs: 30 };

/** nginx with its RTMP module as a door: we decide who publishers are and let it speak with those; and play what they send. */
export class NginxServer implements Door {
  readonly #context: DoorContext;
  readonly #installation: NginxInstallation;
  readonly #sessions: Connections<NginxSession>;
  readonly #listener: Listener;
  #sessionContext: NginxSessionContext | undefined;
  #process: NginxProcess | undefined;
  #publishers: NginxPublishers | undefined;
  #counted: NginxStat | undefined;
  /** What `close` undoes, newest last. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(context: DoorContext, installation: NginxInstallation = DEBIAN_NGINX) {
    this.#context = context;
    this.#installation = installation;
    const { config, logger, now } = context;
    this.#sessions = new Connections(config, now);
    const { host, port } = config;
    this.#listener = new Listener({ protocol: 'RTMP', host, port, logger, accept: (socket) => this.#accept(socket) });
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Nobody publishes, nor is about to. */
  get idle(): boolean {
    return (this.#publishers?.idle ?? true) && [...this.#sessions].every(({ isStranger }) => isStranger);
  }

  /** Of nginx, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async drain(signal: AbortSignal): Promise<void> {
    void this.#listener.close();
    for (const session of this.#sessions) if (session.isStranger) session.refuse(refusal('shutdown'));
    this.#publishers?.refuseNewcomers();
    await until(() => this.idle, signal);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    await this.#closing;
  }

  async #start(): Promise<void> {
    const { config, logger, admission } = this.#context;
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'showrunner-nginx-'));
    this.#undo.push(() => rm(folder, { recursive: true, force: true }));
    const sockets = nginxSockets(folder);
    const control = new NginxControl(sockets);
    const publishers = new NginxPublishers(this.#context, sockets, control);
    this.#publishers = publishers;
    const callbacks = new Callbacks(publishers, logger);
    await callbacks.listen(sockets.callbacks);
    this.#undo.push(() => callbacks.close());
    const { program, module } = this.#installation;
    this.#process = new NginxProcess({
      installation: { program, module },
      folder,
      configuration: nginxConfig({
        module,
        folder,
        port,
        sendTimeoutMs: config.handshakeTimeoutMs,
        maxMessageBytes: config.maxMediaMessageBytes,
        maxPublishers: config.maxPublishers,
      }),
      logger,
      answers: () =>
        control.stat().then(
          () => true,
          () => false,
        ),
      up: () => this.#context.metrics.nginxStarts.inc(),
      down: () => publishers.allGone(),
    });
    this.#undo.push(() => this.#process?.close());
    await this.#process.start();
    this.#undo.push(async () => {
      const stopped = this.#listener.close();
      await this.#sessions.close();
      await stopped;
    });
    const counter = setInterval(() => void this.#count(control, publishers), STAT_MS);
    const unlisten = admission.onChange((stream) => publishers.review(stream));
    this.#undo.push(() => {
      clearInterval(counter);
      unlisten();
      publishers.close();
    });
    this.#sessionContext = {
      ...this.#context,
      // What comes in is counted by nginx.
      metrics: { refusal: (reason) => this.#context.metrics.refusal(reason), passed: () => undefined },
      beat: new ReadBeat(BEAT),
      nginx: { host: LOOPBACK, port },
      makeRoom: () => (this.#sessions.mayPublish() ? undefined : refusal('too-many-publishers')),
      takeRefusal: (grant) => publishers.takeRefusal(grant),
    };
    this.#sessions.start(SWEEP_MS, () => publishers.sweep());
    await this.#listener.start();
  }

  #accept(socket: Socket): void {
    const { metrics } = this.#context;
    if (!this.#sessionContext || this.#closing || !this.#sessions.makeRoomFor(socket.remoteAddress)) {
      metrics.refusal('too-many-connections');
      socket.destroy();
      return;
    }
    const session: NginxSession = new NginxSession(socket, this.#sessionContext, () => {
      this.#sessions.delete(session);
      metrics.connections.dec();
    });
    this.#sessions.add(session);
    metrics.connections.inc();
  }

  async #shutDown(): Promise<void> {
    for (const undo of this.#undo.toReversed()) await undo();
  }

  async #count(control: NginxControl, publishers: NginxPublishers): Promise<void> {
    let stat: NginxStat;
    try {
      stat = await control.stat();
    } catch (error) {
      // While it is being started again it does not answer; whoever starts it says so.
      this.#context.logger.debug({ err: error }, 'the statistics of nginx are missing');
      return;
    }
    const { receivedBytes, droppedMessages } = nginxGrowth(this.#counted, stat);
    this.#counted = stat;
    this.#context.metrics.received(receivedBytes);
    this.#context.metrics.nginxDropped.inc(droppedMessages);
    publishers.compare(stat);
  }
}

/** A port of this machine's loopback, for nginx cannot be asked which one it took. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, LOOPBACK, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
