import { CLUSTER_PORTS, componentName } from '@showrunner/crds';
import { ingestStateSchema, streamId, type StreamFacts, type StreamRef } from '@showrunner/service-kit';
import { Agent, get } from 'node:http';

const FRESH_MS = 1_000;
const PATIENCE_MS = 1_000;
const MAX_BYTES = 64 * 1024;
/** Streams that are asked about within a second; what is asked about more has to do without. */
const MAX_STREAMS = 1_000;
const MAX_CONNECTIONS = 64;

interface Asked {
  readonly at: number;
  readonly facts: Promise<StreamFacts | undefined>;
}

/** Where the ingest pod of a stream is asked on a cluster. The dot keeps the resolver from trying search domains first. */
export function ingestStateUrl({ namespace, name }: StreamRef, clusterDomain: string): string {
  const host = `${componentName(name, 'ingest')}.${namespace}.svc.${clusterDomain}.`;
  return `http://${host}:${CLUSTER_PORTS.ops}/state/${namespace}/${name}`;
}

/**
 * What ingest pods measure of their publishers, asked for over HTTP: once a second for each stream, however many want to
 * know. A pod that does not answer within a second has no facts.
 */
export class IngestFacts {
  readonly #urlOf: (stream: StreamRef) => string;
  readonly #now: () => number;
  readonly #maxStreams: number;
  readonly #agent = new Agent({ maxTotalSockets: MAX_CONNECTIONS });
  /** In the order of asking. */
  readonly #asked = new Map<string, Asked>();

  constructor(options: { urlOf: (stream: StreamRef) => string; now?: () => number; maxStreams?: number }) {
    this.#urlOf = options.urlOf;
    this.#now = options.now ?? (() => performance.now());
    this.#maxStreams = options.maxStreams ?? MAX_STREAMS;
  }

  /** Undefined where nobody publishes, and where it cannot be had. */
  of(stream: StreamRef): Promise<StreamFacts | undefined> {
    this.#forget();
    const id = streamId(stream);
    const asked = this.#asked.get(id);
    if (asked) return asked.facts;
    if (this.#asked.size >= this.#maxStreams) return Promise.resolve(undefined);
    const facts = this.#ask(this.#urlOf(stream)).catch(() => undefined);
    this.#asked.set(id, { at: this.#now(), facts });
    return facts;
  }

  close(): void {
    this.#agent.destroy();
  }

  #forget(): void {
    for (const [id, { at }] of this.#asked) {
      if (this.#now() - at < FRESH_MS) return;
      this.#asked.delete(id);
    }
  }

  async #ask(url: string): Promise<StreamFacts | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    // Also while it waits for a connection.
    const overdue = setTimeout(() => request.destroy(new Error('It took too long.')), PATIENCE_MS);
    const request = get(url, { agent: this.#agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) request.destroy(new Error('It says too much.'));
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error('It refused.'))));
      response.on('error', reject);
    });
    request.on('error', reject);
    try {
      return ingestStateSchema.parse(JSON.parse(await promise)).facts;
    } finally {
      clearTimeout(overdue);
    }
  }
}
