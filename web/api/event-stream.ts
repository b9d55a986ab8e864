import type { LiveStream } from '@showrunner/crds';
import { streamId } from '@showrunner/service-kit';
import type { ServerResponse } from 'node:http';
import type { LiveStreamChange, LiveStreamInformer } from './informer.ts';
import { isListed, liveStreamView, type LiveStreamView } from './live-stream-view.ts';

/** A client that leaves this many bytes unread after its snapshot is cut off; its page comes back to a new snapshot. */
const CLIENT_BACKLOG_BYTES = 256 * 1024;
const ALIVE_MS = 15_000;
/** What pages wait before they come back, told to them: spread, so that they do not all come at once. */
const RETRY_MS = 1_500;
const RETRY_SPREAD_MS = 3_000;

/** What is told of, as it changes. */
type Streams = Pick<LiveStreamInformer, 'all' | 'onChange'>;

interface Client {
  readonly response: ServerResponse;
  readonly maxUnreadBytes: number;
  /** Follow this one stream, listed or not; all listed ones where undefined. */
  readonly only: string | undefined;
}

/**
 * Server-sent events (WHATWG HTML 9.2) of live stream states: `snapshot` at once, then `change` and `removed`,
 * and `alive` every 15 s, by which a page knows that its connection is not dead. One message is encoded once for all.
 */
export class EventStream {
  readonly #informer: Streams;
  readonly #maxClients: number;
  readonly #now: () => number;
  readonly #clients = new Set<Client>();
  readonly #subscription: { close(): void };
  readonly #heartbeat: NodeJS.Timeout;

  constructor(informer: Streams, options: { maxClients: number; now: () => number }) {
    this.#informer = informer;
    this.#maxClients = options.maxClients;
    this.#now = options.now;
    this.#subscription = informer.onChange((change) => this.#publish(change));
    this.#heartbeat = setInterval(() => {
      const alive = message('alive', { now: this.#time() });
      this.#send(() => alive);
    }, ALIVE_MS);
    this.#heartbeat.unref();
  }

  get full(): boolean {
    return this.#clients.size >= this.#maxClients;
  }

  /** Takes a response over until its client leaves. `only` is `namespace/name`. */
  add(response: ServerResponse, headers: Record<string, string>, only: string | undefined): void {
    const snapshot = message('snapshot', { now: this.#time(), items: this.#items(only) });
    const client: Client = { response, only, maxUnreadBytes: CLIENT_BACKLOG_BYTES + Buffer.byteLength(snapshot) };
    const leave = () => void this.#clients.delete(client);
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
    response.write(`retry: ${retryMs}\n${snapshot}`);
    this.#clients.add(client);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#subscription.close();
    for (const { response } of this.#clients) response.end();
    this.#clients.clear();
  }

  #items(only: string | undefined): LiveStreamView[] {
    const wanted = ({ metadata }: LiveStream) => streamId(metadata) === only;
    return this.#informer
      .all()
      .filter(only === undefined ? isListed : wanted)
      .map(liveStreamView);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
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
      if (client.response.writableLength > client.maxUnreadBytes) client.response.destroy();
    }
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
