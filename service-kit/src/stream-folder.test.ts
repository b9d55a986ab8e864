import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { StreamFolder } from './stream-folder.ts';

const TOKEN = 'token-of-the-link';

const liveStream = (title: string, more: object = {}) => ({
  apiVersion: 'showrunner.dev/v1alpha1',
  kind: 'LiveStream',
  metadata: { name: 'live', namespace: 'shows', uid: 'u' },
  spec: { title },
  status: { ingest: { keyHashes: [{ sha256: 'a'.repeat(64) }] } },
  ...more,
});

let path: string;
let mounts = 0;
let log: string[];
const opened: StreamFolder[] = [];
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'stream-folder-'));
  log = [];
});
afterEach(() => {
  for (const folder of opened.splice(0)) folder.close();
  rmSync(path, { recursive: true });
});

/** As a kubelet does: files in a folder of their own, links to them, and one link that is swapped. */
function mount(stream: unknown, token = TOKEN): void {
  const data = `..${mounts++}`;
  mkdirSync(join(path, data));
  writeFileSync(join(path, data, 'live-stream.json'), typeof stream === 'string' ? stream : JSON.stringify(stream));
  writeFileSync(join(path, data, 'flvToken'), token);
  symlinkSync(data, join(path, '..data_tmp'));
  renameSync(join(path, '..data_tmp'), join(path, '..data'));
  for (const name of ['live-stream.json', 'flvToken']) {
    rmSync(join(path, name), { force: true });
    symlinkSync(join('..data', name), join(path, name));
  }
}

function open(options: { pollMs?: number } = {}): StreamFolder {
  const logger = createLogger({ name: 'test', level: 'error' }, { write: (line: string) => void log.push(line) });
  const folder = new StreamFolder({ path, logger, ...options });
  opened.push(folder);
  return folder;
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !condition(); await delay(5)) {
    if (Date.now() > end) throw new Error(`${condition.toString()} did not come true`);
  }
}

describe('the folder of a stream', () => {
  it('is read, with defaults and status', async () => {
    mount(liveStream('One'), `${TOKEN}\n`);
    const folder = open();
    await folder.start();
    expect(folder.current?.flvToken).toBe(TOKEN);
    expect(folder.current?.liveStream).toMatchObject({
      metadata: { namespace: 'shows', name: 'live' },
      spec: { title: 'One', ingest: { reconnectGrace: '20s' } },
      status: { ingest: { keyHashes: [{ sha256: 'a'.repeat(64) }] } },
    });
  });

  it('tells of a change at once', async () => {
    mount(liveStream('One'));
    const folder = open({ pollMs: 60_000 });
    await folder.start();
    const titles: unknown[] = [];
    folder.onChange(({ liveStream: { spec }, flvToken }) => titles.push(`${spec.title} ${flvToken}`));
    mount(liveStream('Two'), 'second');
    await until(() => titles.length > 0);
    expect(titles).toEqual(['Two second']);
  });

  it('finds a change by looking where the file system tells of none', async () => {
    rmSync(path, { recursive: true });
    const folder = open({ pollMs: 20 });
    const started = folder.start();
    await until(() => folder.problem !== undefined);
    expect(folder.problem).toBe(`${path} must hold live-stream.json and flvToken; one cannot be found.`);
    mkdirSync(path);
    mount(liveStream('One'));
    await started;
    expect(folder.problem).toBe(undefined);
    mount(liveStream('Two'));
    await until(() => folder.current?.liveStream.spec.title === 'Two');
    expect(log).toHaveLength(1);
  });

  it('keeps what it knows while a file is broken, and says so once without its content', async () => {
    mount(liveStream('One'));
    const folder = open({ pollMs: 10 });
    await folder.start();
    for (const [content, problem] of [
      [JSON.stringify(liveStream('Secret')).slice(0, -20), 'live-stream.json is not JSON.'],
      [liveStream('Secret', { spec: { enabled: 'Secret' } }), 'live-stream.json is no LiveStream: spec.enabled'],
      [liveStream('Secret', { metadata: { name: 'other', namespace: 'shows' } }), 'live-stream.json is of shows/other'],
    ] as const) {
      log.splice(0);
      mount(content);
      await until(() => folder.problem?.startsWith(problem) ?? false);
      await delay(50);
      expect(folder.current?.liveStream.spec.title).toBe('One');
      expect(log).toHaveLength(1);
      expect(log.join()).not.toContain('Secret');
      expect(log.join()).toContain('what was read before stays valid');
    }
    mount(liveStream('Two'), ' \n');
    await until(() => folder.problem === 'flvToken has 0 characters; it must have 1 to 1024.');
    mount(liveStream('Two'));
    await until(() => folder.current?.liveStream.spec.title === 'Two');
    expect(folder.problem).toBe(undefined);
  });

  it('reads a LiveStream with fields of a later version', async () => {
    mount(liveStream('One', { spec: { title: 'One', hologram: true }, status: { phase: 'Ready', later: 1 } }));
    const folder = open();
    await folder.start();
    expect(folder.current?.liveStream.status).toEqual({ phase: 'Ready' });
  });

  it('says since when a show is on air, for as long as it is', async () => {
    mount(liveStream('One', { status: { phase: 'Live', startedAt: '2026-01-02T03:04:05.678Z' } }));
    const folder = open({ pollMs: 10 });
    await folder.start();
    expect(folder.onAirSince).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    mount(liveStream('One'));
    await until(() => folder.onAirSince === undefined);
  });

  it('is listed and watched like a store of one stream', async () => {
    const folder = open({ pollMs: 10 });
    const listed = folder.list('LiveStream');
    void folder.start();
    mount(liveStream('One'));
    const { items, resourceVersion } = await listed;
    expect(items.map(({ spec }) => spec.title)).toEqual(['One']);
    mount(liveStream('Two'));
    await until(() => folder.current?.liveStream.spec.title === 'Two');
    const stop = new AbortController();
    const heard: unknown[] = [];
    const watching = (async () => {
      for await (const { type, object } of folder.watch('LiveStream', { from: resourceVersion, signal: stop.signal })) {
        heard.push(`${type} ${object.spec.title}`);
      }
    })();
    await until(() => heard.length === 1);
    mount(liveStream('Three'));
    await until(() => heard.length === 2);
    expect(heard).toEqual(['modified Two', 'modified Three']);
    stop.abort();
    await watching;
  });
});
