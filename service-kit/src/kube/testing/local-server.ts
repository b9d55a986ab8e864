import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { KubeClient } from '../kube-client.ts';
import type { KubeCredentials } from '../kube-config.ts';
import type { KubeLimits } from '../kube-transport.ts';

/** Somebody who answers in place of an API server, and a client of it; both end with the test. */
export async function localServer(
  answer: RequestListener,
  options: { limits?: Partial<KubeLimits>; credentials?: (refused: boolean) => KubeCredentials } = {},
) {
  const { limits, credentials = () => ({ tls: {} }) } = options;
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    server: url,
    credentials: async ({ refused } = { refused: false }) => credentials(refused),
  };
  const client = new KubeClient(config, limits);
  onTestFinished(async () => {
    await client.close();
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  return { server, client, connections: () => new Promise<number>((r) => server.getConnections((_e, n) => r(n))) };
}
