import { Agent, type IncomingMessage, get } from 'node:http';
import { isIPv6 } from 'node:net';

/** Pods that are asked at once have each a connection; of those that wait, so many stay open. */
const MAX_FREE_CONNECTIONS = 256;
const TIMEOUT_MS = 1_000;
const MAX_BODY_BYTES = 64 * 1024;

/** Reads JSON from pods over connections that stay open. */
export class PodHttp {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_CONNECTIONS });

  /** `undefined` for whatever is not JSON with status 200 within a second. */
  async get(address: string, port: number, path: string): Promise<unknown> {
    const host = isIPv6(address) ? `[${address}]` : address;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      get(`http://${host}:${port}${path}`, { agent: this.#agent, signal }, resolve).on('error', reject);
      const response = await promise;
      const pieces: Buffer[] = [];
      let bytes = 0;
      for await (const piece of response as AsyncIterable<Buffer>) {
        bytes += piece.length;
        if (bytes > MAX_BODY_BYTES) return undefined;
        pieces.push(piece);
      }
      return response.statusCode === 200 ? (JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown) : undefined;
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
