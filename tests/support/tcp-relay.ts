import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { wallClock } from './http-get.ts';

/** A TCP relay in front of a server, with which a test makes a network misbehave. */
export interface TcpRelay {
  readonly port: number;
  /** Bytes that the clients of all connections have sent, in order of arrival, up to the limit. */
  readonly sent: readonly Buffer[];
  /** The connections of now become half-dead: nothing passes in either direction, not even a FIN. Later ones live. */
  freeze(): void;
  /** Nothing passes from clients to the server until `resume`; what they send meanwhile waits and is not lost. */
  hold(): void;
  resume(): void;
  close(): Promise<void>;
}

/**
 * @param options.capture How many bytes of what clients send are kept.
 * @param options.onSent Called whenever bytes of a client were handed on: with Unix ms just before, and with how many.
 */
export async function startTcpRelay(
  target: { host?: string; port: number },
  options: { capture?: number; onSent?: (at: number, bytes: number) => void } = {},
): Promise<TcpRelay> {
  const pairs = new Set<{ client: Socket; upstream: Socket; frozen: boolean }>();
  const sent: Buffer[] = [];
  let room = options.capture ?? 0;
  let held = false;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({
      host: target.host ?? '127.0.0.1',
      port: target.port,
      noDelay: true,
      allowHalfOpen: true,
    });
    const pair = { client, upstream, frozen: false };
    pairs.add(pair);
    const join = (from: Socket, to: Socket) => {
      from.on('error', () => undefined);
      from.on('data', (chunk: Buffer) => {
        if (pair.frozen) return;
        if (from === client && room > 0) {
          sent.push(Buffer.from(chunk.subarray(0, room)));
          room -= chunk.length;
        }
        const at = wallClock();
        const flows = to.write(chunk);
        if (from === client) options.onSent?.(at, chunk.length);
        if (flows) return;
        from.pause();
        to.once('drain', () => {
          if (!pair.frozen && !(held && from === client)) from.resume();
        });
      });
      from.on('end', () => {
        if (!pair.frozen) to.end();
      });
      from.on('close', () => {
        if (pair.frozen) return;
        to.destroy();
        pairs.delete(pair);
      });
    };
    join(client, upstream);
    join(upstream, client);
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  return {
    port: (server.address() as AddressInfo).port,
    sent,
    freeze: () => {
      for (const pair of pairs) {
        pair.frozen = true;
        pair.client.pause();
        pair.upstream.pause();
      }
    },
    hold: () => {
      held = true;
      for (const { client } of pairs) client.pause();
    },
    resume: () => {
      held = false;
      for (const { client } of pairs) client.resume();
    },
    close: async () => {
      for (const { client, upstream } of pairs) {
        client.destroy();
        upstream.destroy();
      }
      await new Promise((closed) => server.close(closed));
    },
  };
}
