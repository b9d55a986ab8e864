import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Door, DoorContext } from '../door.ts';
import { listenError } from '../rtmp/listen-error.ts';
import { until } from '../until.ts';
import { Callbacks } from './callbacks.ts';
import { nginxConfig, nginxSockets } from './nginx-config.ts';
import { NginxControl } from './nginx-control.ts';
import { DEBIAN_NGINX, NginxProcess, type NginxInstallation } from './nginx-process.ts';
import { NginxPublishers } from './nginx-publishers.ts';
import type { NginxStat } from './nginx-stat.ts';
import { nginxGrowth } from './nginx-tally.ts';

const SWEEP_MS = 200;
const STAT_MS = 2_000;

/** nginx with its RTMP module as a door: it speaks with publishers; we decide who they are, and play what they send. */
export class NginxServer implements Door {
  readonly #context: DoorContext;
  readonly #installation: NginxInstallation;
  #port = 0;
  #process: NginxProcess | undefined;
  #publishers: NginxPublishers | undefined;
  #counted: NginxStat | undefined;
  /** What `close` undoes, newest last. */
  readonly #undo: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(context: DoorContext, installation: NginxInstallation = DEBIAN_NGINX) {
    this.#context = context;
    this.#installation = installation;
  }

  get port(): number {
    return this.#port;
  }

  /** Nobody publishes, nor is about to. */
  get idle(): boolean {
    return this.#publishers?.idle ?? true;
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
    this.#publishers?.refuseNewcomers();
    await until(() => this.idle, signal);
  }

  async close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    await this.#closing;
  }

  async #start(): Promise<void> {
    const { config, logger, admission } = this.#context;
    this.#port = await freePort(config.host, config.port);
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
        host: config.host,
        port: this.#port,
        handshakeTimeoutMs: config.handshakeTimeoutMs,
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
    const sweeper = setInterval(() => publishers.sweep(), SWEEP_MS);
    const counter = setInterval(() => void this.#count(control, publishers), STAT_MS);
    const unlisten = admission.onChange((stream) => publishers.review(stream));
    this.#undo.push(() => {
      clearInterval(sweeper);
      clearInterval(counter);
      unlisten();
      publishers.close();
    });
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

/**
 * The port where nobody listens on it, and one of the system's choice where it is 0. Throws a sentence where it is taken: nginx
 * would try for seconds, and its words are not for people.
 */
function freePort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    probe.listen(port, host, () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
}
