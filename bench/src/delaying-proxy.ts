import { createServer, request, Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An HTTP proxy that holds back each response by a random time, as a rough network does. */
export interface DelayingProxy {
  /** `http://localhost:PORT`. */
  readonly http: string;
  /** From now on each response waits between 0 and so many ms. */
  setDelay(maxMs: number): void;
  close(): Promise<void>;
}

export async function startDelayingProxy(target: string): Promise<DelayingProxy> {
  const agent = new Agent({ keepAlive: true });
  let maxMs = 0;
  const server = createServer((incoming, outgoing) => {
    const upstream = request(
      new URL(incoming.url ?? '/', target),
      { agent, method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        void sleep(Math.random() * maxMs).then(() => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
      },
    );
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  server.requestTimeout = 0;
  await new Promise<void>((listening) => server.listen(0, listening));
  return {
    http: `http://localhost:${(server.address() as AddressInfo).port}`,
    setDelay: (ms) => (maxMs = ms),
    close: async () => {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
