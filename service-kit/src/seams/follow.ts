import { setTimeout as sleep } from 'node:timers/promises';
import {
  ExpiredError,
  ForbiddenError,
  type Identity,
  type Kind,
  type Kinds,
  type WatchEvent,
} from './resource-store.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 15_000;
/** A refused namespace may be made, or allowed, at any moment, and its first publisher come a moment later. */
const LONGEST_REFUSED_PAUSE_MS = 4_000;
/**
 * How long what was known of a namespace stands while every list of it is refused. An API server that has just started, and a
 * Role that is being replaced, refuse for seconds, for which no running show may be cut; a watch goes on for minutes after
 * the right to it was taken anyway. After that nobody can say that its keys are still good.
 */
const REFUSAL_PATIENCE_MS = 60_000;
/** For the same reasons, how long the first list may be refused before a namespace counts as one that nothing is known of. */
const REFUSAL_MOMENT_MS = 3_000;

/** What can be followed: a ResourceStore, or the one resource of a mounted folder. */
export interface Feed<K extends Kind> {
  /** Whose resources these are; of all namespaces where absent. */
  readonly namespace?: string | undefined;
  /** `unreadable` are there too, but break a rule of this version. */
  list(kind: K): Promise<{ items: Kinds[K][]; unreadable?: readonly Identity[]; resourceVersion: string }>;
  watch(kind: K, options: { from: string; signal: AbortSignal }): AsyncIterable<WatchEvent<K>>;
}

export interface Follower<K extends Kind> {
  /**
   * All there is in a namespace (in all where it is undefined), at first and whenever changes were missed: what is in neither
   * list is gone.
   */
  listed(items: Kinds[K][], unreadable: readonly Identity[], namespace: string | undefined): void;
  /** After the list, in order. */
  changed(event: WatchEvent<K>): void;
  /**
   * A list or a watch failed; everything of that namespace is listed again in a moment. What was told before stays the last that
   * is known. Of a namespace that is refused again and again (ForbiddenError) it is told once.
   */
  failed(error: unknown): void;
  /** Once: no more is to be had at first. Every feed was listed or is refused for more than a moment, and one at least was listed. */
  complete?(): void;
}

/** How far a feed was followed. */
type Standing = 'unknown' | 'listed' | 'refused';

/**
 * Tells of all resources of a kind and then of each change, until the signal aborts; each feed by itself, so that none holds up
 * another. Lists again where the feed has forgotten what came in between, where a watch ends or fails, and where the
 * follower throws, after a pause that grows until a watch has held for a while. A feed that refuses for a minute counts as
 * empty until it lets itself be listed.
 */
export async function follow<K extends Kind>(
  feeds: readonly Feed<K>[],
  kind: K,
  follower: Follower<K>,
  signal: AbortSignal,
): Promise<void> {
  const standings = new Map<Feed<K>, Standing>(feeds.map((feed) => [feed, 'unknown']));
  let isComplete = false;
  const stands = (feed: Feed<K>, standing: Standing) => {
    standings.set(feed, standing);
    if (isComplete || !isAllThereIs([...standings.values()])) return;
    isComplete = true;
    follower.complete?.();
  };
  await Promise.all(feeds.map((feed) => followOne(feed, kind, follower, signal, (standing) => stands(feed, standing))));
}

/** Who may read nothing at all knows nothing, and serves nobody. */
function isAllThereIs(standings: readonly Standing[]): boolean {
  return standings.includes('listed') && !standings.includes('unknown');
}

async function followOne<K extends Kind>(
  feed: Feed<K>,
  kind: K,
  follower: Follower<K>,
  signal: AbortSignal,
  stands: (standing: Standing) => void,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let isEmpty = true;
  /** Since when all that was asked has been refused, as `performance.now()`. */
  let refusedAt: number | undefined;
  let isRefusalTold = false;
  const tellRefusal = (error: ForbiddenError) => {
    if (!isRefusalTold) follower.failed(error);
    isRefusalTold = true;
  };
  while (!signal.aborted) {
    const begun = performance.now();
    // A list that succeeds before a watch that fails is no success.
    const hasHeld = () => performance.now() - begun > LONGEST_PAUSE_MS;
    try {
      // A list cannot be called back, but nobody has to wait for it.
      const list = await unlessAborted(feed.list(kind).catch(refusal), signal);
      if (!list || signal.aborted) return;
      if (list instanceof ForbiddenError) {
        tellRefusal(list);
        refusedAt ??= begun;
        const refusedMs = performance.now() - refusedAt;
        if (!isEmpty && refusedMs >= REFUSAL_PATIENCE_MS) {
          follower.listed([], [], feed.namespace);
          isEmpty = true;
        }
        if (refusedMs >= REFUSAL_MOMENT_MS) stands('refused');
      } else {
        refusedAt = undefined;
        isEmpty = false;
        follower.listed(list.items, list.unreadable ?? [], feed.namespace);
        stands('listed');
        const { resourceVersion: from } = list;
        for await (const event of feed.watch(kind, { from, signal })) follower.changed(event);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (hasHeld()) isRefusalTold = false;
      if (error instanceof ForbiddenError) {
        tellRefusal(error);
        refusedAt ??= performance.now();
      } else if (!(error instanceof ExpiredError)) {
        refusedAt = undefined;
        follower.failed(error);
      }
    }
    if (hasHeld()) pauseMs = FIRST_PAUSE_MS;
    await sleep(pauseMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, refusedAt === undefined ? LONGEST_PAUSE_MS : LONGEST_REFUSED_PAUSE_MS);
  }
}

/** A refusal is an answer; everything else is thrown on. */
function refusal(error: unknown): ForbiddenError {
  if (error instanceof ForbiddenError) return error;
  throw error;
}

/** As the promise, or undefined once the signal aborts. What came is not kept by a signal that lives on. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  const aborted = Promise.withResolvers<undefined>();
  const abort = () => aborted.resolve(undefined);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
