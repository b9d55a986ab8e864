import type { LiveStream } from '@showrunner/crds';
import { streamId } from '@showrunner/service-kit';
import type { ServerResponse } from 'node:http';
import type { LiveStreamChange, LiveStreamInformer } from './informer.ts';
import { isListed, liveStreamView } from './live-stream-view.ts';

/** A client that leaves this many bytes unread is cut off; its page comes back and begins with a snapshot. */
const CLIENT_BACKLOG_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
/** What a page waits before it comes back, told to it. */
const RETRY_MS = 1_500;

interface Client {
  readonly response: ServerResponse;
  /** Follow this one stream, listed or not; all listed ones where undefined. */
  readonly only: string | undefined;
}

/**
 * Server-sent events (WHATWG HTML 9.2) of live stream states: `snapshot` at once, then `change` and `removed`.
 * One message is encoded once for all clients.
 */
export class EventStream {
  readonly #informer: LiveStreamInformer;
  readonly #maxClients: number;
  readonly #now: () => number;
  readonly #clients = new Set<Client>();
  readonly #subscription: { close(): void };
  readonly #heartbeat: NodeJS.Timeout;

  constructor(informer: LiveStreamInformer, options: { maxClients: number; now: () => number }) {
    this.#informer = informer;
    this.#maxClients = options.maxClients;
    this.#now = options.now;
    this.#subscription = informer.onChange((change) => this.#publish(change));
    this.#heartbeat = setInterval(() => this.#send(() => ': still here\n\n'), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get full(): boolean {
    return this.#clients.size >= this.#maxClients;
  }

  /** Takes a response over until its client leaves. `only` is `namespace/name`. */
  add(response: ServerResponse, headers: Record<string, string>, only: string | undefined): void {
    const client: Client = { response, only };
    const leave = () => void this.#clients.delete(client);
    response.on('close', leave);
    response.on('error', leave);
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const items = this.#informer
      .all()
      .filter((stream) => (only === undefined ? isListed(stream) : only === streamId(stream.metadata)))
      .map(liveStreamView);
    const now = new Date(this.#now()).toISOString();
    response.write(`retry: ${RETRY_MS}\n${message('snapshot', { now, items })}`);
    this.#clients.add(client);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#subscription.close();
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  #publish(change: LiveStreamChange): void {
    const stream = change.type === 'removed' ? change.before : change.stream;
    const id = streamId(stream.metadata);
    const removed = message('removed', { namespace: stream.metadata.namespace, name: stream.metadata.name });
    const current = change.type === 'removed' ? removed : message('change', liveStreamView(stream));
    const listed = (candidate: LiveStream | undefined) => candidate !== undefined && isListed(candidate);
    const listedNow = change.type === 'changed' && listed(change.stream);
    const forLists = listedNow ? current : listed(change.before) ? removed : undefined;
    this.#send(({ only }) => (only === undefined ? forLists : only === id ? current : undefined));
  }

  #send(textFor: (client: Client) => string | undefined): void {
    for (const client of [...this.#clients]) {
      const text = textFor(client);
      if (text === undefined) continue;
      client.response.write(text);
      if (client.response.writableLength > CLIENT_BACKLOG_BYTES) client.response.destroy();
    }
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
