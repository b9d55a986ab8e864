import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createRegistry, type StreamRef } from '@showrunner/service-kit';
import { expect, onTestFinished } from 'vitest';
import { EdgeMetrics } from '../src/edge/edge-metrics.ts';
import { Edge, type EdgeLimits } from '../src/edge/edge.ts';
import { MediaServer } from '../src/origin/media-server.ts';

/** An edge with its server, in front of whatever listens on a port of this machine. */
export class EdgeRig {
  readonly edge: Edge;
  readonly server: MediaServer;
  readonly #registry = createRegistry();

  /** @param port Of the transcoder of every stream; a name to look it up by instead, or a port of each. */
  constructor(
    port: number | ((stream: StreamRef) => string | number),
    options: { namespaces?: readonly string[]; cacheBytes?: number; limits?: Partial<EdgeLimits> } = {},
  ) {
    this.edge = new Edge({
      addressOf: (stream) => {
        const found = typeof port === 'number' ? port : port(stream);
        return typeof found === 'number' ? { host: '127.0.0.1', port: found } : { host: found, port: 8080 };
      },
      namespaces: options.namespaces ?? [],
      cacheBytes: options.cacheBytes ?? 64 * 1024 * 1024,
      metrics: new EdgeMetrics(this.#registry),
      ...(options.limits && { limits: options.limits }),
    });
    this.server = new MediaServer({
      media: (exchange) => this.edge.handle(exchange),
      rest: (_request, response) => response.writeHead(404).end(),
      failed: (error) => {
        throw error;
      },
      registry: this.#registry,
    });
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}/hls/default/live/${path}`;
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url(path), init);
  }

  /** The value of a line of its metrics. */
  async metric(line: string): Promise<number> {
    const found = (await this.#registry.metrics())
      .split('\n')
      .find((one) => one.startsWith(`showrunner_edge_${line} `));
    return found === undefined ? 0 : Number(found.split(' ').at(-1));
  }

  async close(): Promise<void> {
    this.edge.close();
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}

/** An edge that is closed when the test is over. */
export async function edgeBefore(...of: ConstructorParameters<typeof EdgeRig>): Promise<EdgeRig> {
  const edge = await new EdgeRig(...of).start();
  onTestFinished(() => edge.close());
  return edge;
}

/** Many workers may share the machine. */
export const soon = (read: () => unknown) => expect.poll(read, { timeout: 15_000 });
