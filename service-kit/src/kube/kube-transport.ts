import { Agent as PlainAgent, type AgentOptions, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { type KubeConfig, KubeConfigError, type KubeTls } from './kube-config.ts';
import { KubeAnswerTooLongError, KubeConnectionError, KubeError, type Status } from './kube-error.ts';
import { KubeExchange } from './kube-exchange.ts';
import { retryDelayMs } from './kube-retry.ts';

export interface KubeCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
}

/** How long a caller has the right to ask. */
export interface Until {
  /** Ends what is underway. */
  readonly signal: AbortSignal;
  /** Asked just before a request leaves: after a process stood still, a clock may know what no timer has told the signal yet. */
  readonly isValid: () => boolean;
}

/** What bounds a call. */
export interface KubeLimits {
  /** For an answer to come whole; for a watch, to begin. */
  readonly answerMs: number;
  /** A watch that brings nothing at all for this long hangs: bookmarks come about once a minute. */
  readonly silenceMs: number;
  /** Of an answer, and of an event of a watch. An object has at most 1.5 MB (etcd). */
  readonly maxBytes: number;
}

const LIMITS: KubeLimits = { answerMs: 30_000, silenceMs: 100_000, maxBytes: 32 * 1024 * 1024 };
/** Of what a refusal says, for the log. */
const MAX_ERROR_BYTES = 64 * 1024;
const MAX_ERROR_TEXT = 200;
/** Nobody waits for longer, whatever a server asks. */
const MAX_RETRY_AFTER_MS = 60_000;
const MAX_CONNECTIONS = 32;
/** The server closes idle connections after 90 s: ours are gone before, so that no request meets a closing one. */
const IDLE_MS = 30_000;
/** After so long without a packet the kernel asks whether the other end is still there. */
const KEEP_ALIVE_MS = 15_000;

/** Connections for requests, and others for watches, which hold theirs for minutes and must not keep requests waiting. */
interface Pools {
  readonly tls: KubeTls;
  readonly requests: PlainAgent;
  readonly watches: PlainAgent;
}

/** HTTP/1.1 to the Kubernetes API over few connections that stay open. */
export class KubeTransport {
  readonly #config: KubeConfig;
  readonly #limits: KubeLimits;
  readonly #underway = new Set<KubeExchange>();
  readonly #closed = new AbortController();
  #pools: Pools | undefined;

  constructor(config: KubeConfig, limits: Partial<KubeLimits> = {}) {
    this.#config = config;
    this.#limits = { ...LIMITS, ...limits };
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  get maxBytes(): number {
    return this.#limits.maxBytes;
  }

  /** The answer's JSON. Waits and asks again where the server says so, as long as its caller may. */
  async json<T>(call: KubeCall, until?: Until): Promise<T> {
    for (let attempt = 1, refused = false; ; attempt += 1) {
      try {
        return JSON.parse(await this.#answer(call, refused, until)) as T;
      } catch (error) {
        if (error instanceof SyntaxError) throw notJson(call, error);
        const waitMs = retryDelayMs(error, { method: call.method, attempt, random: Math.random() });
        if (waitMs === undefined) throw error;
        refused = error instanceof KubeError && error.code === 401;
        if (waitMs > 0) await this.#pause(waitMs, until?.signal);
        if (this.isClosed || until?.isValid() === false) throw error;
      }
    }
  }

  /** The bytes of an endless answer, until the server ends it or the signal aborts; both end it without an error. */
  async *stream(
    call: KubeCall,
    signal: AbortSignal,
    silenceMs: number = this.#limits.silenceMs,
  ): AsyncGenerator<Buffer> {
    if (signal.aborted) return;
    let exchange: KubeExchange | undefined;
    const stop = () => exchange?.giveUp(new Error('Nobody wants it any more.'));
    signal.addEventListener('abort', stop);
    try {
      exchange = await this.#begin(call, 'watches', false);
      if (signal.aborted) return;
      const listen = () => exchange?.expire(silenceMs, (what) => `${what} fell silent for ${silenceMs / 1000} s.`);
      if (silenceMs < this.#limits.answerMs) listen();
      await this.#succeeded(exchange);
      listen();
      for await (const chunk of exchange.body()) {
        // A reader may take its time.
        exchange.stopExpiring();
        yield chunk;
        listen();
      }
    } catch (error) {
      if (!signal.aborted && !this.isClosed) throw error;
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }

  /** Gives up everything that is underway, and closes all connections. */
  async close(): Promise<void> {
    this.#closed.abort();
    const ended = [...this.#underway].map((exchange) => {
      exchange.giveUp(closedError());
      return exchange.ended;
    });
    this.#pools?.requests.destroy();
    this.#pools?.watches.destroy();
    await Promise.all(ended);
  }

  async #answer(call: KubeCall, refused: boolean, until: Until | undefined): Promise<string> {
    until?.signal.throwIfAborted();
    const exchange = await this.#begin(call, 'requests', refused, until);
    const stop = () => exchange.giveUp(tookTooLong(call));
    until?.signal.addEventListener('abort', stop);
    try {
      if (until?.signal.aborted) stop();
      await this.#succeeded(exchange);
      return await textOf(exchange, this.#limits.maxBytes);
    } finally {
      until?.signal.removeEventListener('abort', stop);
    }
  }

  /** Waits; less where it is closed or the signal aborts. */
  async #pause(ms: number, until: AbortSignal | undefined): Promise<void> {
    const signals = [this.#closed.signal, ...(until ? [until] : [])];
    const over = new AbortController();
    const stop = () => over.abort();
    for (const signal of signals) signal.addEventListener('abort', stop);
    await sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
    for (const signal of signals) signal.removeEventListener('abort', stop);
  }

  async #begin(call: KubeCall, pool: 'requests' | 'watches', refused: boolean, until?: Until): Promise<KubeExchange> {
    const { method, path, query = {}, body, contentType = 'application/json', accept = 'application/json' } = call;
    const url = new URL(this.#config.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const { tls, authorization } = await this.#config.credentials({ refused });
    if (this.isClosed) throw closedError();
    if (until?.isValid() === false) throw tookTooLong(call);
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      accept,
      'user-agent': 'showrunner',
      ...(authorization === undefined ? {} : { authorization }),
      ...(text === undefined ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    const exchange = new KubeExchange(url, { method, headers, agent: this.#poolsFor(tls)[pool] }, text);
    this.#underway.add(exchange);
    void exchange.ended.then(() => this.#underway.delete(exchange));
    const { answerMs } = this.#limits;
    exchange.expire(answerMs, (what) => `The Kubernetes API did not answer ${what} within ${answerMs / 1000} s.`);
    return exchange;
  }

  /** Other ones where certificates were renewed. */
  #poolsFor(tls: KubeTls): Pools {
    if (!this.#pools || !isDeepStrictEqual(this.#pools.tls, tls)) {
      this.#pools = openPools(this.#config.server.startsWith('https:'), tls);
    }
    return this.#pools;
  }

  /** Throws KubeError for every status but 2xx. */
  async #succeeded(exchange: KubeExchange): Promise<void> {
    const response = await exchange.response;
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return;
    const text = await textOf(exchange, MAX_ERROR_BYTES).catch(() => '');
    throw new KubeError(statusCode, statusIn(statusCode, text, response), retryAfterMs(response));
  }
}

/** Former pools are left to themselves: what they still carry goes on, and what is idle ends soon. */
function openPools(isSecure: boolean, tls: KubeTls): Pools {
  const { servername, rejectUnauthorized, ...pem } = tls;
  const options: AgentOptions = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS, timeout: IDLE_MS };
  const open = (more: AgentOptions) => {
    if (!isSecure) return new PlainAgent({ ...options, ...more });
    const names = {
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
    return new SecureAgent({ ...options, ...more, ...names, secureContext });
  };
  // Certificates are parsed once, and are no part of the name by which the pool finds a connection.
  const secureContext = isSecure ? secureContextOf(pem) : undefined;
  return { tls, requests: open({ maxSockets: MAX_CONNECTIONS }), watches: open({}) };
}

function secureContextOf(pem: Pick<KubeTls, 'ca' | 'cert' | 'key'>) {
  try {
    return createSecureContext(pem);
  } catch (error) {
    throw new KubeConfigError(`The certificates for the Kubernetes API cannot be used: ${(error as Error).message}.`);
  }
}

async function textOf(exchange: KubeExchange, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of exchange.body()) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new KubeAnswerTooLongError(`The Kubernetes API's answer is longer than ${maxBytes} bytes.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What the body says; a page of a proxy in between says nothing but its status. */
function statusIn(code: number, text: string, { headers }: IncomingMessage): Status {
  try {
    const parsed = JSON.parse(text) as Status | null;
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // No JSON.
  }
  const plain = headers['content-type']?.startsWith('text/plain') ? text.trim().slice(0, MAX_ERROR_TEXT) : '';
  return plain === '' ? {} : { message: `The Kubernetes API answered ${code}: ${plain}` };
}

/** In seconds; Kubernetes never sends a date, and asks for seconds. What stands in between may ask for days. */
function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const seconds = headers['retry-after'];
  return seconds !== undefined && /^\d+$/.test(seconds)
    ? Math.min(Number(seconds) * 1000, MAX_RETRY_AFTER_MS)
    : undefined;
}

function notJson({ method, path }: KubeCall, cause: unknown): KubeConnectionError {
  return new KubeConnectionError(`The Kubernetes API answered ${method} ${path} with what is no JSON.`, { cause });
}

function tookTooLong({ method, path }: KubeCall): KubeConnectionError {
  return new KubeConnectionError(`${method} ${path} took too long.`);
}

function closedError(): Error {
  return new Error('The client of the Kubernetes API is closed.');
}
