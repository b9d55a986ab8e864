import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@showrunner/service-kit';
import { readNginxLog } from './nginx-log.ts';
import { nginxSockets } from './nginx-config.ts';

/** Where Debian's packages nginx and libnginx-mod-rtmp put what is run. */
export interface NginxInstallation {
  readonly program: string;
  readonly module: string;
}

export const DEBIAN_NGINX: NginxInstallation = {
  program: '/usr/sbin/nginx',
  module: '/usr/lib/nginx/modules/ngx_rtmp_module.so',
};

export interface NginxProcessOptions {
  readonly installation: NginxInstallation;
  /** As in the configuration. */
  readonly folder: string;
  readonly configuration: string;
  readonly logger: Logger;
  /** Answers whether nginx serves. */
  readonly answers: () => Promise<boolean>;
  /** nginx serves (again). */
  readonly up: () => void;
  /** nginx has ended, and all its connections with it. */
  readonly down: () => void;
}

/** Ends nginx with us, however we end: it would otherwise go on and hold the port. Part of util-linux. */
const SETPRIV = '/usr/bin/setpriv';
const START_TIMEOUT_MS = 10_000;
const ANSWER_POLL_MS = 20;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;
/** nginx ends at once when told to; one that does not hangs. */
const STOP_TIMEOUT_MS = 3_000;
const LAST_WORDS = 5;

/** An nginx that is kept running. */
export class NginxProcess {
  readonly #options: NginxProcessOptions;
  readonly #closed = new AbortController();
  #child: ChildProcess | undefined;
  #ended = Promise.resolve();
  #lastWords: string[] = [];
  #keeping: Promise<void> | undefined;

  constructor(options: NginxProcessOptions) {
    this.#options = options;
  }

  /** Of the nginx that runs now. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves once nginx serves. Throws a sentence where it is not installed, or ends at once. */
  async start(): Promise<void> {
    const { installation, folder, configuration } = this.#options;
    for (const path of [installation.program, installation.module]) {
      if (!exists(path)) {
        throw new Error(
          `The engine nginx-rtmp needs ${path}, which is not there: install Debian's packages nginx and libnginx-mod-rtmp.`,
        );
      }
    }
    writeFileSync(join(folder, 'nginx.conf'), configuration, { mode: 0o600 });
    this.#spawn();
    if (!(await this.#serves())) {
      await this.close();
      throw new Error(`nginx does not start: ${this.#lastWords.join(' ') || 'it says nothing about why'}.`);
    }
    this.#options.up();
    this.#keeping = this.#keep();
  }

  /** Ends nginx, and with it every connection, and waits for that. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#child?.kill('SIGTERM');
    const hard = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await Promise.all([this.#ended, this.#keeping]);
    clearTimeout(hard);
  }

  /** Starts nginx anew whenever it ends. */
  async #keep(): Promise<void> {
    const { logger, up, down } = this.#options;
    const { signal } = this.#closed;
    let wait = FIRST_RETRY_MS;
    while (!signal.aborted) {
      const began = performance.now();
      await this.#ended;
      down();
      if (signal.aborted) return;
      if (performance.now() - began > LAST_RETRY_MS) wait = FIRST_RETRY_MS;
      logger.error({ lastWords: this.#lastWords }, 'nginx has ended; starting it again');
      await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      wait = Math.min(wait * 2, LAST_RETRY_MS);
      if (signal.aborted) return;
      this.#spawn();
      if (await this.#serves()) up();
      else this.#child?.kill('SIGKILL');
    }
  }

  #spawn(): void {
    const { installation, folder } = this.#options;
    // Killed, nginx leaves its sockets behind, and would not listen on them again.
    const { play, control } = nginxSockets(folder);
    for (const socket of [play, control]) rmSync(socket, { force: true });
    const nginx = [installation.program, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'];
    const [program, ...args] = exists(SETPRIV) ? [SETPRIV, '--pdeathsig', 'SIGTERM', '--', ...nginx] : nginx;
    const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    this.#lastWords = [];
    createInterface({ input: child.stderr }).on('line', (line) => this.#said(line));
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#lastWords.push(error.message);
        resolve();
      });
      child.once('close', (code, signal) => {
        this.#lastWords.push(`Its end was ${signal ?? `exit code ${code}`}.`);
        resolve();
      });
    });
  }

  #said(line: string): void {
    const { level, message } = readNginxLog(line);
    this.#options.logger[level]({ nginx: message }, 'nginx');
    this.#lastWords = [...this.#lastWords, message].slice(-LAST_WORDS);
  }

  /** Whether it serves before it ends or takes too long. */
  async #serves(): Promise<boolean> {
    let ended = false;
    void this.#ended.then(() => (ended = true));
    for (const end = performance.now() + START_TIMEOUT_MS; performance.now() < end;) {
      if (ended || this.#closed.signal.aborted) return false;
      if (await this.#options.answers()) return true;
      await delay(ANSWER_POLL_MS);
    }
    return false;
  }
}

function exists(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
