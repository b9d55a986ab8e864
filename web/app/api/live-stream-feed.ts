import { onScopeDispose, readonly, ref, shallowRef, type Ref } from 'vue';
import type { LiveStreamView } from '../../api/live-stream-view.ts';

export type { LiveStreamView };

const EVENTS = '/api/v1/live-streams/events';
const RETRY_MS = 2_000;

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

/** The states of all listed streams, or of one (`namespace/name`), kept current until the component goes. */
export function useLiveStreamFeed(only?: string): LiveStreamFeed {
  const streams = shallowRef<ReadonlyMap<string, LiveStreamView>>();
  const connection = ref<'connecting' | 'open' | 'lost'>('connecting');
  const clockOffset = ref(0);
  const url = only === undefined ? EVENTS : `${EVENTS}?stream=${encodeURIComponent(only)}`;
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(url);
    source.addEventListener('open', () => (connection.value = 'open'));
    source.addEventListener('error', () => {
      connection.value = 'lost';
      // The browser comes back by itself after a broken connection, not after a refusal.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(connect, RETRY_MS);
    });
    source.addEventListener('snapshot', ({ data }: MessageEvent<string>) => {
      const { now, items } = JSON.parse(data) as { now: string; items: LiveStreamView[] };
      clockOffset.value = Date.parse(now) - Date.now();
      streams.value = new Map(items.map((item) => [idOf(item), item]));
    });
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      const item = JSON.parse(data) as LiveStreamView;
      streams.value = new Map(streams.value).set(idOf(item), item);
    });
    source.addEventListener('removed', ({ data }: MessageEvent<string>) => {
      const rest = new Map(streams.value);
      rest.delete(idOf(JSON.parse(data) as LiveStreamView));
      streams.value = rest;
    });
  };
  connect();
  onScopeDispose(() => {
    clearTimeout(timer);
    source?.close();
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
