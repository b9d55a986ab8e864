import { once } from 'node:events';
import { createServer, request as plainRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { loadKubeConfig } from '@showrunner/service-kit/kube';
import type { Cluster } from './cluster.ts';

/** A request that came to the proxy. */
export interface ProxiedRequest {
  /** Milliseconds on the clock of performance.now(). */
  readonly at: number;
  readonly kind: 'list' | 'watch' | 'get' | 'write';
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the labels that are asked for; empty for all. */
  readonly selector: string;
  /** What the proxy answered in place of the API; `undefined` where it was passed on. */
  readonly refused: Refusal | undefined;
}

/** An answer that the API gives as well, where it is busy or has forgotten. */
export type Refusal =
  | { readonly status: 429; readonly retryAfterSeconds: number }
  | { readonly status: 410 }
  /** As an event of a watch that was begun well. */
  | { readonly status: 410; readonly asEvent: true };

type Rule = (request: Omit<ProxiedRequest, 'refused'>) => Refusal | undefined;

/** Stands before the Kubernetes API and passes everything on, until it is told otherwise. */
export interface ApiProxy {
  readonly url: string;
  /** All that came, oldest first. */
  readonly requests: readonly ProxiedRequest[];
  /** How many watches are open. */
  readonly watches: number;
  /** Breaks the connection of every watch; how many there were. */
  cutWatches(): number;
  /** Refuses what the rule says, until another rule is given or none. */
  refuse(rule?: Rule): void;
  close(): Promise<void>;
}

const REASONS = { 410: 'Expired', 429: 'TooManyRequests' } as const;

export async function startApiProxy({ kubeconfig }: Cluster): Promise<ApiProxy> {
  const config = await loadKubeConfig(kubeconfig);
  // Who asks is said in the header that comes; a certificate of ours would make it somebody else.
  const { ca } = (await config.credentials()).tls;
  const agent = new Agent({ keepAlive: true, ca });
  const send = config.server.startsWith('https:') ? secureRequest : plainRequest;
  const requests: ProxiedRequest[] = [];
  const watches = new Set<ServerResponse>();
  let rule: Rule = () => undefined;

  const server = createServer((incoming, outgoing) => {
    const asked = describe(incoming);
    const refused = rule(asked);
    requests.push({ ...asked, refused });
    if (refused) return answer(outgoing, refused);
    const onward = send(config.server + incoming.url, {
      agent: config.server.startsWith('https:') ? agent : undefined,
      method: incoming.method,
      headers: { ...incoming.headers, host: new URL(config.server).host },
    });
    onward.on('response', (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      if (asked.kind === 'watch') watches.add(outgoing);
      response.pipe(outgoing);
      response.on('error', () => outgoing.destroy());
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => {
      watches.delete(outgoing);
      onward.destroy();
    });
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get watches() {
      return watches.size;
    },
    cutWatches() {
      const cut = watches.size;
      for (const watch of watches) watch.destroy();
      return cut;
    },
    refuse: (next = () => undefined) => (rule = next),
    async close() {
      server.closeAllConnections();
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function describe({ method = 'GET', url = '/' }: IncomingMessage): Omit<ProxiedRequest, 'refused'> {
  const { pathname, searchParams } = new URL(url, 'http://proxy');
  const isObject = /\/namespaces\/[^/]+\/[^/]+\/[^/]+/.test(pathname);
  const reading = searchParams.has('watch') ? 'watch' : isObject ? 'get' : 'list';
  return {
    at: performance.now(),
    kind: method === 'GET' ? reading : 'write',
    method,
    path: pathname,
    selector: searchParams.get('labelSelector') ?? '',
  };
}

function answer(outgoing: ServerResponse, refusal: Refusal): void {
  const { status } = refusal;
  const object = {
    ...{ apiVersion: 'v1', kind: 'Status', status: 'Failure', code: status, reason: REASONS[status] },
    message: 'The story wants it so.',
  };
  const asEvent = 'asEvent' in refusal;
  outgoing.writeHead(asEvent ? 200 : status, {
    'content-type': 'application/json',
    ...('retryAfterSeconds' in refusal && { 'retry-after': String(refusal.retryAfterSeconds) }),
  });
  outgoing.end(`${JSON.stringify(asEvent ? { type: 'ERROR', object } : object)}\n`);
}
