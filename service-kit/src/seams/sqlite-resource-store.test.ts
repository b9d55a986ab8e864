import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resourceStoreContract } from './contracts/resource-store-contract.ts';
import { ExpiredError } from './resource-store.ts';
import { SqliteResourceStore, type SqliteResourceStoreOptions } from './sqlite-resource-store.ts';

const makeFolder = () => mkdtempSync(join(tmpdir(), 'showrunner-store-'));

resourceStoreContract('SqliteResourceStore', async () => {
  const folder = makeFolder();
  const store = new SqliteResourceStore({ path: join(folder, 'all.db'), kinds: ['LiveStream', 'Secret'] });
  return {
    store,
    cleanup: async () => {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});

describe('SqliteResourceStore', () => {
  const key = { namespace: 'default', name: 'live' };
  const liveStream = (spec: object = {}) => ({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live' },
    spec,
  });
  const secret = (stringData: object) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'live' }, stringData });

  let folder: string;
  let path: string;
  const opened: SqliteResourceStore[] = [];
  function open(options: Partial<SqliteResourceStoreOptions> = {}): SqliteResourceStore {
    const store = new SqliteResourceStore({ path, kinds: ['LiveStream'], ...options });
    opened.push(store);
    return store;
  }
  beforeEach(() => {
    folder = makeFolder();
    path = join(folder, 'data', 'resources.db');
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    rmSync(folder, { recursive: true });
  });

  it('finds everything again after it was closed', async () => {
    const store = open({ now: () => Date.UTC(2026, 10, 21) });
    await store.apply('LiveStream', liveStream({ title: 'One' }));
    const patched = await store.patchStatus('LiveStream', key, { phase: 'Ready' });
    expect(patched.metadata).toMatchObject({
      generation: 1,
      resourceVersion: '2',
      creationTimestamp: '2026-11-21T00:00:00.000Z',
    });
    await store.close();
    await store.close();
    expect(await open().get('LiveStream', key)).toEqual(patched);
  });

  it('answers no more once it is closed, and ends its watches', async () => {
    const store = open();
    const { signal } = new AbortController();
    const waiting = store.watch('LiveStream', { from: '0', signal }).next();
    await store.close();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect(store.get('LiveStream', key)).rejects.toThrow('The resource store is closed.');
  });

  it('keeps only its own kinds', async () => {
    await expect(open().apply('Secret', secret({}))).rejects.toThrow(
      'This resource store does not keep the kind Secret.',
    );
  });

  it('counts changes of what a Secret holds in generation', async () => {
    const store = open({ kinds: ['Secret'] });
    const generations = [];
    for (const streamKey of ['one', 'one', 'two']) {
      generations.push((await store.apply('Secret', secret({ streamKey }))).metadata.generation);
    }
    expect(generations).toEqual([1, 1, 2]);
  });

  it('fills in defaults that came after the resource was stored', async () => {
    const store = open();
    const created = await store.apply('LiveStream', liveStream());
    const database = new DatabaseSync(path);
    const { spec: _spec, ...older } = created;
    database.prepare('UPDATE resources SET object = ?').run(JSON.stringify({ ...older, forgotten: true }));
    database.close();
    expect(await store.get('LiveStream', key)).toEqual(created);
  });

  it('says which stored resource breaks a rule of today, and lets it be mended', async () => {
    const store = open();
    await store.apply('LiveStream', liveStream());
    const database = new DatabaseSync(path);
    database.exec(`UPDATE resources SET object = replace(object, '"200ms"', '"2d"')`);
    database.close();
    await expect(store.get('LiveStream', key)).rejects.toThrow(
      'The stored LiveStream default/live breaks a rule of this version (spec.transcode.partDuration): apply it anew.',
    );
    const mended = await store.apply('LiveStream', liveStream());
    expect(mended.metadata.generation).toBe(2);
    expect(await store.get('LiveStream', key)).toEqual(mended);
  });

  describe('the memory of a watch', () => {
    const first = async (store: SqliteResourceStore, from: string) => {
      const stop = new AbortController();
      const result = await store.watch('LiveStream', { from, signal: stop.signal }).next();
      stop.abort();
      return result.value?.object.spec.title;
    };

    it('ends at a number of changes', async () => {
      const store = open({ rememberChanges: 3 });
      for (let at = 1; at <= 5; at++) await store.apply('LiveStream', liveStream({ title: `Title ${at}` }));
      expect(await first(store, '2')).toBe('Title 3');
      await expect(first(store, '1')).rejects.toBeInstanceOf(ExpiredError);
      await expect(first(store, '0')).rejects.toThrow('Changes after version 0 are not remembered: list again.');
    });

    it('does not reach versions that were never given', async () => {
      const store = open();
      await store.apply('LiveStream', liveStream());
      for (const from of ['2', '-1', '', 'x', '9'.repeat(30)]) {
        await expect(first(store, from)).rejects.toBeInstanceOf(ExpiredError);
      }
    });

    it('is left behind by a reader that is too slow', async () => {
      const store = open({ rememberChanges: 2 });
      const stop = new AbortController();
      const watch = store.watch('LiveStream', { from: '0', signal: stop.signal });
      await store.apply('LiveStream', liveStream());
      expect((await watch.next()).value?.type).toBe('added');
      for (let at = 1; at <= 5; at++) await store.apply('LiveStream', liveStream({ title: `Title ${at}` }));
      await expect(watch.next()).rejects.toBeInstanceOf(ExpiredError);
      stop.abort();
    });

    it('does not tire of changes to other kinds', async () => {
      const store = open({ kinds: ['LiveStream', 'Secret'], rememberChanges: 2 });
      const stop = new AbortController();
      const next = store.watch('LiveStream', { from: '0', signal: stop.signal }).next();
      for (const streamKey of ['1', '2', '3', '4']) {
        await store.apply('Secret', secret({ streamKey }));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await store.apply('LiveStream', liveStream());
      expect((await next).value?.type).toBe('added');
      stop.abort();
    });
  });

  describe('shared by processes', () => {
    /** Runs in a process of its own, with `store` open on the same file. */
    async function elsewhere(body: string): Promise<void> {
      const child = spawn(
        process.execPath,
        [
          '--input-type=module',
          '--eval',
          `import { SqliteResourceStore } from './sqlite-resource-store.ts';
           const store = new SqliteResourceStore({ path: ${JSON.stringify(path)}, kinds: ['LiveStream'] });
           const show = (name, title) => ({
             apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name }, spec: { title },
           });
           ${body}
           await store.close();`,
        ],
        { cwd: import.meta.dirname, stdio: ['ignore', 'inherit', 'inherit'] },
      );
      expect(await once(child, 'exit')).toEqual([0, null]);
    }

    it('brings what another process wrote', async () => {
      const store = open();
      const stop = new AbortController();
      const watch = store.watch('LiveStream', { from: '0', signal: stop.signal });
      const next = watch.next();
      await elsewhere(`await store.apply('LiveStream', show('live', 'From afar'));`);
      expect(await next).toMatchObject({ value: { type: 'added', object: { spec: { title: 'From afar' } } } });
      expect(await store.get('LiveStream', key)).toMatchObject({ spec: { title: 'From afar' } });
      stop.abort();
    });

    it('loses no write when all begin and write at once', async () => {
      const write = (who: string) =>
        elsewhere(`for (let at = 0; at < 50; at++) await store.apply('LiveStream', show('${who}-' + at, 'x'));`);
      await Promise.all([write('a'), write('b'), write('c')]);
      const { items, resourceVersion } = await open().list('LiveStream');
      expect(items).toHaveLength(150);
      expect(resourceVersion).toBe('150');
      expect(new Set(items.map(({ metadata }) => metadata.resourceVersion)).size).toBe(150);
    });
  });

  describe('its file', () => {
    const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

    it('is readable by its owner alone, whatever the umask, and so are its companions', async () => {
      const umask = process.umask(0);
      try {
        await open({ kinds: ['Secret'] }).apply('Secret', secret({ streamKey: 'k' }));
      } finally {
        process.umask(umask);
      }
      expect(['', '-wal', '-shm'].map((suffix) => mode(path + suffix))).toEqual(['600', '600', '600']);
    });

    it('is mended where others could read it', async () => {
      await open().close();
      chmodSync(path, 0o644);
      writeFileSync(`${path}-wal`, '', { mode: 0o644 });
      await open().apply('LiveStream', liveStream());
      expect([mode(path), mode(`${path}-wal`)]).toEqual(['600', '600']);
    });

    it('holds nothing of a deleted Secret once its change is forgotten', async () => {
      const store = open({ kinds: ['Secret'], rememberChanges: 1 });
      await store.apply('Secret', secret({ streamKey: 'to-be-forgotten' }));
      await store.delete('Secret', key);
      await store.apply('Secret', secret({ streamKey: 'another' }));
      await store.close();
      expect(existsSync(`${path}-wal`)).toBe(false);
      expect(readFileSync(path).includes(Buffer.from('to-be-forgotten').toString('base64'))).toBe(false);
    });

    it('is refused where a newer version wrote it', async () => {
      await open().close();
      const database = new DatabaseSync(path);
      database.exec('PRAGMA user_version = 2');
      database.close();
      expect(() => open()).toThrow(`${path} was written by a newer Showrunner: its format is 2, this one knows 1.`);
    });
  });
});
