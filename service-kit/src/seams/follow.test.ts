import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Feed, follow } from './follow.ts';
import { ExpiredError, type WatchEvent } from './resource-store.ts';
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
  following = follow(feed, 'LiveStream', follower, stop.signal);
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
