import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeClient, type KubeObject } from '@showrunner/service-kit/kube';

/** Answers a request in place of the server's own answer. */
export type Fault = (response: ServerResponse) => void;

/** A Status of the API as the answer to a request. */
export function refusal(code: number, reason: string, headers: Record<string, string> = {}): Fault {
  return (response) =>
    response
      .writeHead(code, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ kind: 'Status', code, reason, message: reason }));
}

/**
 * Speaks the list and watch of one kind of the Kubernetes API over plain HTTP, with pages, versions and bookmarks, and
 * misbehaves on demand: a fault takes the place of the next answer.
 */
export async function scriptedApi({ pageSize = 2 } = {}) {
  const objects = new Map<string, KubeObject>();
  const listFaults: Fault[] = [];
  const watchFaults: Fault[] = [];
  const watches = new Set<ServerResponse>();
  const listed: string[] = [];
  const watchedFrom: string[] = [];
  let version = 100;

  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url!, 'http://localhost');
    if (searchParams.get('watch')) {
      watchedFrom.push(searchParams.get('resourceVersion')!);
      const fault = watchFaults.shift();
      if (fault) return fault(response);
      response.writeHead(200).flushHeaders();
      watches.add(response);
      response.on('close', () => watches.delete(response));
      return;
    }
    const start = Number(searchParams.get('continue') ?? 0);
    listed.push(String(start));
    const fault = listFaults.shift();
    if (fault) return fault(response);
    const all = [...objects.values()];
    const next = start + pageSize < all.length ? { continue: String(start + pageSize) } : {};
    response.end(
      JSON.stringify({
        metadata: { resourceVersion: String(version), ...next },
        items: all.slice(start, start + pageSize),
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new KubeClient({ server: url, credentials: async () => ({ tls: {} }) });

  const tell = (text: string) => watches.forEach((response) => response.write(text));
  const event = (type: string, object: unknown) => `${JSON.stringify({ type, object })}\n`;

  return {
    client,
    listFaults,
    watchFaults,
    watches,
    /** `continue` of each list request. */
    listed,
    /** Version that each watch began at. */
    watchedFrom,
    event,
    tell,
    /** Writes an object; watches hear of it unless it happens in silence. */
    put(name: string, labels: Record<string, string> = {}, { silent = false } = {}): KubeObject {
      const type = objects.has(name) ? 'MODIFIED' : 'ADDED';
      const object = { metadata: { name, namespace: 'ns', resourceVersion: String(++version), labels } };
      objects.set(name, object);
      if (!silent) tell(event(type, object));
      return object;
    },
    remove(name: string, { silent = false } = {}): void {
      const object = objects.get(name)!;
      objects.delete(name);
      const metadata = { ...object.metadata, resourceVersion: String(++version) };
      if (!silent) tell(event('DELETED', { ...object, metadata }));
    },
    bookmark(): string {
      tell(event('BOOKMARK', { metadata: { resourceVersion: String(++version) } }));
      return String(version);
    },
    /** As after a backup was restored. */
    setBack(to: number): void {
      objects.clear();
      version = to;
    },
    async close(): Promise<void> {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
