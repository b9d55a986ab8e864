import type { LiveStream } from '@showrunner/crds';
import { streamId } from '@showrunner/service-kit';
import type { ServerResponse } from 'node:http';
import type { LiveStreamChange, LiveStreamInformer } from './informer.ts';
import type { LiveStreamJson } from './live-stream-json.ts';
import { isListed } from './live-stream-view.ts';

/** A client that leaves this many bytes unread after its snapshot is cut off; its page comes back to a new snapshot. */
const CLIENT_BACKLOG_BYTES = 256 * 1024;
/** What all clients together may leave unread, a snapshot that several of them have counted once. */
export const MOST_UNREAD_BYTES = 64 * 1024 * 1024;
const ALIVE_MS = 15_000;
/** What pages wait before they come back, told to them: spread, so that they do not all come at once. */
const RETRY_MS = 1_500;
const RETRY_SPREAD_MS = 3_000;

/** What is told of, as it changes. */
type Streams = Pick<LiveStreamInformer, 'all' | 'onChange'>;

export interface EventStreamOptions {
  readonly informer: Streams;
  readonly json: LiveStreamJson;
  readonly maxClients: number;
  readonly now: () => number;
  readonly mostUnreadBytes?: number;
}

interface Client {
  readonly response: ServerResponse;
  readonly address: string;
  /** Follow this one stream, listed or not; all listed ones where undefined. */
  readonly only: string | undefined;
  /** Until the client has read it. */
  snapshot: Buffer | undefined;
}

/**
 * Server-sent events (WHATWG HTML 9.2) of live stream states: `snapshot` at once, then `change` and `removed`,
 * and `alive` every 15 s, by which a page knows that its connection is not dead. One message is encoded once for all.
 */
export class EventStream {
  readonly #options: EventStreamOptions;
  readonly #clients = new Map<string, Set<Client>>();
  readonly #subscription: { close(): void };
  readonly #heartbeat: NodeJS.Timeout;
  #count = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#subscription = options.informer.onChange((change) => this.#publish(change));
    this.#heartbeat = setInterval(() => {
      const alive = message('alive', JSON.stringify({ now: this.#time() }));
      this.#send(() => alive);
    }, ALIVE_MS);
    this.#heartbeat.unref();
  }

  /**
   * Whether there is room for a client of an address. Where there is none, one of the address that has most gives its place to an
   * address that has fewer: nobody can keep all others out. Behind a proxy all have one address, and who comes last is refused.
   */
  hasRoomFor(address: string): boolean {
    if (this.#count < this.#options.maxClients) return true;
    let most = new Set<Client>();
    for (const clients of this.#clients.values()) if (clients.size > most.size) most = clients;
    const [oldest] = most;
    if (!oldest || most.size <= (this.#clients.get(address)?.size ?? 0) + 1) return false;
    this.#cutOff(oldest);
    return true;
  }

  /** Takes a response over until its client leaves. `only` is `namespace/name`. */
  add(response: ServerResponse, headers: Record<string, string>, only: string | undefined): void {
    const address = response.socket?.remoteAddress ?? '';
    const snapshot = only === undefined ? this.#options.json.list() : this.#itemsOf(only);
    const client: Client = { response, address, only, snapshot };
    const leave = () => this.#forget(client);
    response.on('close', leave);
    response.on('error', leave);
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    if (response.destroyed) return;
    const retryMs = Math.round(RETRY_MS + Math.random() * RETRY_SPREAD_MS);
    response.write(`retry: ${retryMs}\nevent: snapshot\ndata: {"now":"${this.#time()}",`);
    // What stands behind the brace of `{"items":[…]}`, itself and no copy.
    response.write(snapshot.subarray(1));
    response.write('\n\n');
    const clients = this.#clients.get(address);
    if (clients) clients.add(client);
    else this.#clients.set(address, new Set([client]));
    this.#count += 1;
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#subscription.close();
    for (const { response } of this.#all()) response.end();
    this.#clients.clear();
    this.#count = 0;
  }

  #all(): Client[] {
    return [...this.#clients.values()].flatMap((clients) => [...clients]);
  }

  #forget(client: Client): void {
    const clients = this.#clients.get(client.address);
    if (!clients?.delete(client)) return;
    this.#count -= 1;
    if (clients.size === 0) this.#clients.delete(client.address);
  }

  #cutOff(client: Client): void {
    this.#forget(client);
    client.response.destroy();
  }

  #itemsOf(id: string): Buffer {
    const { informer, json } = this.#options;
    return json.items(informer.all().filter(({ metadata }) => streamId(metadata) === id));
  }

  #time(): string {
    return new Date(this.#options.now()).toISOString();
  }

  #publish(change: LiveStreamChange): void {
    const stream = change.type === 'removed' ? change.before : change.stream;
    const { namespace, name } = stream.metadata;
    const id = streamId(stream.metadata);
    const removed = message('removed', JSON.stringify({ namespace, name }));
    const current = change.type === 'removed' ? removed : message('change', this.#options.json.view(stream));
    const listed = (candidate: LiveStream | undefined) => candidate !== undefined && isListed(candidate);
    const listedNow = change.type === 'changed' && listed(change.stream);
    const forLists = listedNow ? current : listed(change.before) ? removed : undefined;
    this.#send(({ only }) => (only === undefined ? forLists : only === id ? current : undefined));
  }

  #send(messageFor: (client: Client) => Buffer | undefined): void {
    const slow: Client[] = [];
    for (const client of this.#all()) {
      const { response } = client;
      const text = messageFor(client);
      if (text) response.write(text);
      if (response.writableLength === 0) client.snapshot = undefined;
      else if (backlogOf(client) > CLIENT_BACKLOG_BYTES) this.#cutOff(client);
      else slow.push(client);
    }
    if (slow.length > 0) this.#bound(slow);
  }

  /** Beyond what all may leave unread those are cut off who left most. */
  #bound(slow: readonly Client[]): void {
    const { mostUnreadBytes = MOST_UNREAD_BYTES } = this.#options;
    const snapshots = new Set<Buffer>();
    let bytes = 0;
    for (const client of slow.toSorted((a, b) => a.response.writableLength - b.response.writableLength)) {
      const { snapshot } = client;
      const more = backlogOf(client) + (snapshot && !snapshots.has(snapshot) ? snapshot.length : 0);
      if (bytes + more > mostUnreadBytes) {
        this.#cutOff(client);
        continue;
      }
      bytes += more;
      if (snapshot) snapshots.add(snapshot);
    }
  }
}

/** What a client left unread beyond its snapshot. */
function backlogOf({ response, snapshot }: Client): number {
  return Math.max(0, response.writableLength - (snapshot?.length ?? 0));
}

function message(event: string, json: string): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${json}\n\n`);
}
