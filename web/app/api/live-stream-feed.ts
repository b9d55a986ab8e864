import { onScopeDispose, readonly, ref, shallowRef, type Ref } from 'vue';
import type { LiveStreamView } from '../../api/live-stream-view.ts';

export type { LiveStreamView };

const EVENTS = '/api/v1/live-streams/events';
/** A refused page asks again after this and up to as much more, so that pages do not all come at once. */
const RETRY_MS = 2_000;
/** The server says something every 15 s; after so much silence the connection is dead, whatever the browser believes. */
const SILENCE_MS = 40_000;

export interface LiveStreamFeed {
  /** By `namespace/name`; undefined until the first snapshot. */
  readonly streams: Readonly<Ref<ReadonlyMap<string, LiveStreamView> | undefined>>;
  /** `lost`: the server does not answer; it is asked again by itself. */
  readonly connection: Readonly<Ref<'connecting' | 'open' | 'lost'>>;
  /** The server's clock minus this one, in ms. */
  readonly clockOffset: Readonly<Ref<number>>;
  /** Asks again now. */
  readonly retry: () => void;
}

export interface LiveStreamFeedOptions {
  /** Follow this one (`namespace/name`), listed or not; all listed ones where absent. */
  readonly only?: string;
  /**
   * Lets the connection go while nobody sees the page. Over HTTP/1.1 a browser has six connections to a host for all
   * its tabs, and each that follows events keeps one.
   */
  readonly restWhileHidden?: boolean;
}

/** The states of live streams, kept current until the component goes. */
export function useLiveStreamFeed({ only, restWhileHidden = false }: LiveStreamFeedOptions = {}): LiveStreamFeed {
  const streams = shallowRef<ReadonlyMap<string, LiveStreamView>>();
  const connection = ref<'connecting' | 'open' | 'lost'>('connecting');
  const clockOffset = ref(0);
  const url = only === undefined ? EVENTS : `${EVENTS}?stream=${encodeURIComponent(only)}`;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const again = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(connect, ms);
  };
  const disconnect = () => {
    clearTimeout(timer);
    source?.close();
    source = undefined;
  };
  function connect(): void {
    disconnect();
    const current = new EventSource(url);
    source = current;
    const heard = (now?: string) => {
      again(SILENCE_MS);
      if (now !== undefined) clockOffset.value = Date.parse(now) - Date.now();
    };
    const on = <T>(event: string, listener: (data: T) => void) =>
      current.addEventListener(event, ({ data }: MessageEvent<string>) => listener(JSON.parse(data) as T));
    heard();
    current.addEventListener('open', () => {
      heard();
      connection.value = 'open';
    });
    current.addEventListener('error', () => {
      connection.value = 'lost';
      // The browser comes back by itself after a broken connection, not after a refusal.
      if (current.readyState === EventSource.CLOSED) again(RETRY_MS * (1 + Math.random()));
    });
    on<{ now: string; items: LiveStreamView[] }>('snapshot', ({ now, items }) => {
      heard(now);
      streams.value = new Map(items.map((item) => [idOf(item), item]));
    });
    on<{ now: string }>('alive', ({ now }) => heard(now));
    on<LiveStreamView>('change', (item) => {
      heard();
      streams.value = new Map(streams.value).set(idOf(item), item);
    });
    on<{ namespace: string; name: string }>('removed', (gone) => {
      heard();
      const rest = new Map(streams.value);
      rest.delete(idOf(gone));
      streams.value = rest;
    });
  }

  const abort = new AbortController();
  if (restWhileHidden) {
    const seen = () => (document.visibilityState === 'visible' ? connect() : disconnect());
    document.addEventListener('visibilitychange', seen, { signal: abort.signal });
  }
  connect();
  onScopeDispose(() => {
    abort.abort();
    disconnect();
  });
  return {
    streams: readonly(streams),
    connection: readonly(connection),
    clockOffset: readonly(clockOffset),
    retry: connect,
  };
}

function idOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}
