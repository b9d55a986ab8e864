import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { liveStreamSchema } from '@showrunner/crds';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Feed, follow } from './follow.ts';
import { ExpiredError, ForbiddenError, type Identity, type WatchEvent } from './resource-store.ts';
import { SqliteResourceStore } from './sqlite-resource-store.ts';

const show = (name: string) => ({ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name } });

let folder: string;
let store: SqliteResourceStore;
let stop: AbortController;
let following: Promise<void>;
let told: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-follow-'));
  store = new SqliteResourceStore({ path: join(folder, 'all.db'), kinds: ['LiveStream'] });
  stop = new AbortController();
  told = [];
});
afterEach(async () => {
  stop.abort();
  await following;
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Follows a feed, and notes what it is told. */
function begin(feed: Feed<'LiveStream'>, changed: (name: string) => void = () => undefined): void {
  const follower = {
    listed: (items: { metadata: { name: string } }[]) =>
      void told.push(`all: ${items.map(({ metadata }) => metadata.name).join(' ')}`),
    changed: (event: WatchEvent<'LiveStream'>) => {
      const { name } = event.type === 'unreadable' ? event.identity : event.object.metadata;
      told.push(`${event.type} ${name}`);
      changed(name);
    },
    failed: (error: unknown) => void told.push(`failed: ${(error as Error).message}`),
  };
  following = follow([feed], 'LiveStream', follower, stop.signal);
}
/** The store, with the first calls failing. */
function failing(lists: Error[], watches: Error[]): Feed<'LiveStream'> {
  return {
    list: async (kind) => {
      const error = lists.shift();
      if (error) throw error;
      return store.list(kind);
    },
    async *watch(kind, options) {
      const error = watches.shift();
      if (error) throw error;
      yield* store.watch(kind, options);
    },
  };
}

/** Feeds of a namespace each, with a stream of its name; what a list answers, and the watches, are in the test's hands. */
function tenants(first: Record<string, Error | 'never' | 'all'>) {
  const answers = new Map(Object.entries(first));
  const watches = new Map<string, (event: WatchEvent<'LiveStream'> | Error) => void>();
  const stream = (namespace: string) =>
    liveStreamSchema.parse({ ...show(`of-${namespace}`), metadata: { namespace, name: `of-${namespace}` } });
  const feeds = Object.keys(first).map((namespace): Feed<'LiveStream'> => ({
    namespace,
    list: async () => {
      const answer = answers.get(namespace);
      if (answer instanceof Error) throw answer;
      if (answer === 'never') return new Promise<never>(() => undefined);
      return { items: [stream(namespace)], resourceVersion: '1' };
    },
    async *watch(_kind, { signal }) {
      while (!signal.aborted) {
        const event = await new Promise<WatchEvent<'LiveStream'> | Error | undefined>((resolve) => {
          watches.set(namespace, resolve);
          signal.addEventListener('abort', () => resolve(undefined), { once: true });
        });
        if (event instanceof Error) throw event;
        if (event) yield event;
      }
    },
  }));
  let told: string[] = [];
  const follower = {
    listed: (items: { metadata: { name: string } }[], _unreadable: readonly Identity[], namespace?: string) =>
      void told.push([`${namespace}:`, ...items.map(({ metadata }) => metadata.name)].join(' ')),
    changed: (event: WatchEvent<'LiveStream'>) => void told.push(event.type),
    failed: (error: unknown) => void told.push((error as Error).message),
    complete: () => void told.push('complete'),
  };
  following = follow(feeds, 'LiveStream', follower, stop.signal);
  return {
    answer: (namespace: string, answer: Error | 'all') => answers.set(namespace, answer),
    tell: (namespace: string, event: WatchEvent<'LiveStream'> | Error) =>
      vi.waitFor(() => watches.get(namespace)!(event)),
    changeOf: (namespace: string) => ({ type: 'modified', object: stream(namespace) }) as const,
    /** What was told since the last call. */
    heard: () => told.splice(0),
    untilHeard: async (...expected: string[]) => {
      await vi.waitFor(() => expect(told.toSorted()).toEqual(expected.toSorted()), 10_000);
      told = [];
    },
  };
}

describe('feeds of several namespaces', () => {
  const refused = new ForbiddenError('b is refused');

  it('are followed each by itself', async () => {
    const { answer, tell, changeOf, untilHeard } = tenants({ a: 'all', b: 'all' });
    await untilHeard('a: of-a', 'b: of-b', 'complete');
    answer('b', new Error('b is broken'));
    await tell('b', new ExpiredError('too old'));
    await untilHeard('b is broken');
    await tell('a', changeOf('a'));
    await untilHeard('modified');
    answer('b', 'all');
    await untilHeard('b: of-b');
  });

  it('are all there is without those that are refused, which are asked again and told of once', async () => {
    const { answer, tell, changeOf, heard, untilHeard } = tenants({ a: 'all', b: refused });
    await untilHeard('b is refused', 'a: of-a');
    await tell('a', changeOf('a'));
    await untilHeard('modified');
    // Not at once: a Role may be about to be replaced.
    await sleep(1_000);
    expect(heard()).toEqual([]);
    await untilHeard('complete');
    await sleep(1_000);
    expect(heard()).toEqual([]);
    answer('b', 'all');
    await untilHeard('b: of-b');
  });

  it.each([['never'], [new Error('Unauthorized')]] as const)(
    'are not all there is where one gives no answer, or another one: %s',
    async (other) => {
      const { heard } = tenants({ a: 'all', b: other });
      await sleep(500);
      const told = heard();
      expect(told).toContain('a: of-a');
      expect(told).not.toContain('complete');
    },
  );

  it('are told of where they may be listed and not watched, once', async () => {
    const { tell, heard, untilHeard } = tenants({ a: 'all' });
    await untilHeard('a: of-a', 'complete');
    await tell('a', refused);
    await untilHeard('b is refused', 'a: of-a');
    await tell('a', refused);
    await untilHeard('a: of-a');
    expect(heard()).toEqual([]);
  });

  it('are not all there is where every one is refused', async () => {
    const { answer, untilHeard } = tenants({ a: refused, b: refused });
    await untilHeard('b is refused', 'b is refused');
    await sleep(500);
    await untilHeard();
    answer('a', 'all');
    await untilHeard('a: of-a', 'complete');
  });

  it('count as empty once they were refused for a minute, and not after a moment', async () => {
    const now = performance.now.bind(performance);
    let later = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + later);
    onTestFinished(() => void vi.restoreAllMocks());
    const { answer, tell, heard, untilHeard } = tenants({ a: 'all', b: 'all' });
    await untilHeard('a: of-a', 'b: of-b', 'complete');
    answer('b', refused);
    await tell('b', refused);
    await untilHeard('b is refused');
    later = 50_000;
    await sleep(1_000);
    expect(heard()).toEqual([]);
    later = 61_000;
    await untilHeard('b:');
    later = 200_000;
    await sleep(500);
    expect(heard()).toEqual([]);
    answer('b', 'all');
    await untilHeard('b: of-b');
  });
});

describe('follow', () => {
  it('tells of all there is, then of each change', async () => {
    await store.apply('LiveStream', show('a'));
    begin(store);
    await vi.waitFor(() => expect(told).toEqual(['all: a']));
    await store.apply('LiveStream', show('b'));
    await store.delete('LiveStream', { namespace: 'default', name: 'a' });
    await vi.waitFor(() => expect(told).toEqual(['all: a', 'added b', 'deleted a']));
  });

  it('lists again after a failure, and says it; without a word where changes were forgotten', async () => {
    begin(failing([new Error('away')], [new Error('cut'), new ExpiredError('too old')]));
    await vi.waitFor(() => expect(told).toEqual(['failed: away', 'all: ', 'failed: cut', 'all: ', 'all: ']), 5_000);
    await store.apply('LiveStream', show('a'));
    await vi.waitFor(() => expect(told.at(-1)).toBe('added a'), 5_000);
  });

  it('lists again for a follower that fails', async () => {
    begin(store, (name) => {
      if (name === 'bad' && told.length === 2) throw new Error('stumbled');
    });
    await vi.waitFor(() => expect(told).toHaveLength(1));
    await store.apply('LiveStream', show('bad'));
    await vi.waitFor(() => expect(told).toEqual(['all: ', 'added bad', 'failed: stumbled', 'all: bad']));
  });

  it('waits longer and longer while nothing helps', async () => {
    let lists = 0;
    begin({
      list: () => Promise.reject(new Error(`away ${(lists += 1)}`)),
      watch: (kind, options) => store.watch(kind, options),
    });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(lists).toBeGreaterThanOrEqual(3);
    expect(lists).toBeLessThanOrEqual(5);
  });

  it('ends at once, even where the list never comes', async () => {
    begin({ list: () => new Promise(() => undefined), watch: (kind, options) => store.watch(kind, options) });
    stop.abort();
    await following;
    expect(told).toEqual([]);
  });
});
