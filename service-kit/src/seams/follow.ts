import { setTimeout as sleep } from 'node:timers/promises';
import { ExpiredError, type Identity, type Kind, type Kinds, type WatchEvent } from './resource-store.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;

/** What can be followed: a ResourceStore, or the one resource of a mounted folder. */
export interface Feed<K extends Kind> {
  /** `unreadable` are there too, but break a rule of this version. */
  list(kind: K): Promise<{ items: Kinds[K][]; unreadable?: readonly Identity[]; resourceVersion: string }>;
  watch(kind: K, options: { from: string; signal: AbortSignal }): AsyncIterable<WatchEvent<K>>;
}

export interface Follower<K extends Kind> {
  /** All there is, at first and whenever changes were missed: what is in neither list is gone. */
  listed(items: Kinds[K][], unreadable: readonly Identity[]): void;
  /** After the list, in order. */
  changed(event: WatchEvent<K>): void;
  /** A list or a watch failed; everything is listed again in a moment. What was told before stays the last that is known. */
  failed(error: unknown): void;
}

/**
 * Tells of all resources of a kind and then of each change, until the signal aborts. Lists again where the feed has forgotten
 * what came in between, where a watch ends or fails, and where the follower throws, after a pause that grows until a watch
 * has held for a while.
 */
export async function follow<K extends Kind>(
  feed: Feed<K>,
  kind: K,
  follower: Follower<K>,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  const aborted = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  while (!signal.aborted) {
    const begun = performance.now();
    try {
      // A list cannot be called back, but nobody has to wait for it.
      const list = await Promise.race([feed.list(kind), aborted]);
      if (!list || signal.aborted) return;
      follower.listed(list.items, list.unreadable ?? []);
      const { resourceVersion: from } = list;
      for await (const event of feed.watch(kind, { from, signal })) follower.changed(event);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ExpiredError)) follower.failed(error);
    }
    // A list that succeeds before a watch that fails is no success.
    if (performance.now() - begun > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
