import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';

export interface HttpAnswer {
  readonly url: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decompressed. */
  readonly body: Buffer;
  /** Bytes on the wire, without the headers. */
  readonly wireBytes: number;
  /** Unix milliseconds with fractions: request sent, headers there, body whole. */
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly endedAt: number;
}

/** Unix milliseconds with fractions. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One GET over kept connections, or over one of its own. Rejects only where no whole answer came. */
export function httpGet(
  url: string,
  options: {
    headers?: Record<string, string>;
    signal?: AbortSignal;
    method?: 'GET' | 'HEAD';
    connection?: 'kept' | 'new';
  } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sentAt = wallClock();
    const outgoing = request(
      url,
      {
        agent: options.connection === 'new' ? false : agent,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        ...(options.signal ? { signal: options.signal } : {}),
      },
      (incoming) => {
        const answeredAt = wallClock();
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('close', () => {
          if (!incoming.complete) reject(new Error(`The answer to ${url} broke off`));
        });
        incoming.once('end', () => {
          const wire = Buffer.concat(chunks);
          resolve({
            url,
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: incoming.headers['content-encoding'] === 'gzip' && wire.length > 0 ? gunzipSync(wire) : wire,
            wireBytes: wire.length,
            sentAt,
            answeredAt,
            endedAt: wallClock(),
          });
        });
      },
    );
    outgoing.once('error', reject);
    outgoing.end();
  });
}
