import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from '@prometheus-io/client';
import { createLogger, hashStreamKey, streamId, type FlvSource, type StreamRef } from '@showrunner/service-kit';
import { HttpFlvSource } from '@showrunner/service-kit/flv-link';
import type { Admission, AdmissionPolicy } from '../admission/admission.ts';
import { refusal, type Refusal } from '../errors.ts';
import { createIngest, type Ingest } from '../ingest.ts';
import { FLV_TOKEN, until } from './publish.ts';

const logger = createLogger({ name: 'test', level: 'silent' });

/** Lets every key publish the stream that it names as `namespace/name`. */
export class AnyKey implements Admission {
  readonly #listeners = new Set<(stream: StreamRef) => void>();
  readonly #barred = new Map<string, Refusal>();
  readonly #policy: AdmissionPolicy;

  constructor(policy: Partial<AdmissionPolicy> = {}) {
    this.#policy = { takeover: 'newest', reconnectGraceMs: 60_000, idleTimeoutMs: 60_000, ...policy };
  }

  async admit(key: string) {
    const [namespace = '', name = ''] = key.split('/');
    return {
      admitted: true as const,
      stream: { namespace, name },
      uid: undefined,
      policy: this.#policy,
      keyHash: hashStreamKey(key),
    };
  }

  review(grant: Parameters<Admission['review']>[0]) {
    const refused = this.barred(grant.stream);
    return refused ? { admitted: false as const, refusal: refused } : grant;
  }

  barred(stream: StreamRef): Refusal | undefined {
    return this.#barred.get(streamId(stream));
  }

  onChange(listener: (stream: StreamRef) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Switches the show off, and on again for whoever comes next. */
  bar(stream: StreamRef): void {
    this.#barred.set(streamId(stream), refusal('disabled'));
    for (const listener of this.#listeners) listener(stream);
    this.#barred.delete(streamId(stream));
  }
}

/** An ingest with its HTTP server, as in a pod. */
export interface LinkedIngest {
  readonly ingest: Ingest;
  readonly admission: AnyKey;
  readonly port: number;
  /** Open answers to those who read. */
  readonly readers: ReadonlySet<ServerResponse>;
  /** Sets the clock of ingest forward. */
  forward(ms: number): void;
  /** Ends at once, as a pod that is killed: nobody is told anything. */
  kill(): Promise<void>;
}

export async function startLinkedIngest(
  options: { policy?: Partial<AdmissionPolicy>; port?: number } = {},
): Promise<LinkedIngest> {
  const admission = new AnyKey(options.policy);
  let ahead = 0;
  const ingest = createIngest({
    admission,
    registry: new Registry(),
    config: { host: '127.0.0.1', port: 0 },
    flvToken: FLV_TOKEN,
    logger,
    now: () => performance.now() + ahead,
  });
  const readers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    readers.add(response);
    response.once('close', () => readers.delete(response));
    if (!ingest.handleHttp(request, response)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  await ingest.start();
  return {
    ingest,
    admission,
    port: (server.address() as AddressInfo).port,
    readers,
    forward: (ms) => void (ahead += ms),
    kill: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ingest.close();
    },
  };
}

export function linkTo(port: number, graceMs = 0, token = () => FLV_TOKEN): HttpFlvSource {
  return new HttpFlvSource({
    url: `http://127.0.0.1:${port}`,
    token,
    graceMs: () => graceMs,
    logger,
  });
}

/** A source that counts who subscribes to it. */
export function counted(source: FlvSource): FlvSource & { readonly open: number } {
  let open = 0;
  return {
    get open() {
      return open;
    },
    subscribe: (...args) => {
      open += 1;
      const subscription = source.subscribe(...args);
      let closed = false;
      return {
        close: () => {
          subscription.close();
          if (!closed) open -= 1;
          closed = true;
        },
      };
    },
  };
}

/**
 * Resolves when so many readers are connected and have been told all that was done: what was written to a socket of this
 * machine is there to be read, so a few turns of the event loop later it was.
 */
export async function delivered({ readers }: LinkedIngest, count: number): Promise<void> {
  const isOut = (response: ServerResponse) =>
    response.headersSent && response.writableLength === 0 && (response.socket?.writableLength ?? 0) === 0;
  await turns();
  await until(() => readers.size === count && [...readers].every(isOut));
  await turns();
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
