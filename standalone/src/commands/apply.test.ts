import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LiveStreamStatus } from '@showrunner/crds';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { lockForServer, type ServerLock } from '../server-lock.ts';
import { apply } from './apply.ts';

let folder: string;
let file: string;
let told: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-apply-'));
  file = join(folder, 'file.yaml');
  told = [];
  for (const method of ['log', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((line) => void told.push(`${method}: ${line}`));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const applied = (text: string) => {
  writeFileSync(file, text);
  return apply(join(folder, 'data'), file);
};
const show = (name: string, spec = '{}') =>
  `apiVersion: showrunner.dev/v1alpha1\nkind: LiveStream\nmetadata: { name: ${name} }\nspec: ${spec}\n`;

async function names(): Promise<string[]> {
  const data = openDataFolder(join(folder, 'data'));
  const [streams, secrets] = [await data.resources.list('LiveStream'), await data.secrets.list('Secret')];
  await data.close();
  return [...streams.items, ...secrets.items].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

/** As the server writes it. */
async function withStatus(name: string, status: LiveStreamStatus): Promise<void> {
  const data = openDataFolder(join(folder, 'data'));
  await data.resources.patchStatus('LiveStream', { namespace: 'default', name }, status);
  await data.close();
}

/** As if a server ran on the data folder. */
function serve(): ServerLock {
  const lock = lockForServer(join(folder, 'data'));
  onTestFinished(() => lock.close());
  return lock;
}

describe('apply', () => {
  it('keeps every resource of a file, Secrets apart', async () => {
    await applied(`${show('one')}---\napiVersion: v1\nkind: Secret\nmetadata: { name: mine }\n---\n${show('two')}`);
    expect(await names()).toEqual(['LiveStream one', 'LiveStream two', 'Secret mine']);
  });

  it("says in kubectl's words what it has done with each", async () => {
    const secret = (key: string) =>
      `apiVersion: v1\nkind: Secret\nmetadata: { name: mine }\nstringData: { streamKey: ${key} }\n`;
    const both = `${show('one', '{ startAt: "2099-01-01T20:00:00Z" }')}---\n${secret('a-key')}`;
    await applied(both);
    expect(told.splice(0)).toEqual(['log: livestream default/one created', 'log: secret default/mine created']);
    await withStatus('one', { phase: 'Ready' });
    await applied(both);
    expect(told.splice(0)).toEqual(['log: livestream default/one unchanged', 'log: secret default/mine unchanged']);
    await applied(`${show('one', '{ title: One }')}---\n${secret('another-key')}`);
    expect(told.splice(0)).toEqual(['log: livestream default/one configured', 'log: secret default/mine configured']);
    await applied(show('one', '{ title: One }').replace('name: one', 'name: one, labels: { a: b }'));
    expect(told).toEqual(['log: livestream default/one configured']);
  });

  it('mends what an earlier version has kept and this one refuses', async () => {
    await applied(show('one'));
    const database = new DatabaseSync(join(folder, 'data', 'resources.db'));
    database.exec(`UPDATE resources SET object = json_set(object, '$.spec.visibility', 'hidden')`);
    database.close();
    told = [];
    await applied(show('one'));
    expect(told).toEqual(['log: livestream default/one configured']);
    expect(await names()).toEqual(['LiveStream one']);
  });

  it('says what of it a running show does not take on', async () => {
    await applied(show('one'));
    await withStatus('one', { phase: 'Live', startedAt: '2026-01-02T03:04:05.000Z' });
    const server = serve();
    told = [];
    await applied(show('one', '{ transcode: { ladder: 720p } }'));
    expect(told).toEqual([
      'log: livestream default/one configured',
      'error: livestream default/one: A show is on: spec.transcode changes with the next one.',
    ]);
    server.close();
    told = [];
    await applied(show('one', '{ transcode: { ladder: 480p } }'));
    expect(told).toEqual(['log: livestream default/one configured']);
  });

  it('says that a planned start has passed, unless its show has run', async () => {
    const planned = show('one', '{ startAt: "2026-01-02T20:00:00Z" }');
    const passed =
      'error: livestream default/one: spec.startAt: 2026-01-02T20:00:00Z has passed: nobody sees a countdown, and the show begins when OBS sends.';
    const remarks = async (status?: LiveStreamStatus) => {
      if (status) await withStatus('one', status);
      told = [];
      await applied(planned);
      return told.slice(1);
    };
    expect(await remarks()).toEqual([passed]);
    serve();
    const startedAt = '2026-01-01T20:00:00.000Z';
    expect(await remarks({ phase: 'Ended', startedAt, endedAt: '2026-01-01T21:00:00.000Z' })).toEqual([passed]);
    expect(await remarks({ phase: 'Live', startedAt: '2026-01-02T19:59:00.000Z' })).toEqual([]);
    expect(await remarks({ phase: 'Ended', startedAt, endedAt: '2026-01-02T21:00:00.000Z' })).toEqual([]);
  });

  it('keeps none where one is wrong, and says what is', async () => {
    await expect(applied(`${show('one')}---\n${show('two', '{ enabled: maybe }')}`)).rejects.toThrow(
      `${file}: LiveStream two: spec.enabled: "maybe" is not allowed: must be true or false.`,
    );
    expect(await names()).toEqual([]);
  });

  it.each([
    ['', 'holds no resource.'],
    ['kind: Pod', 'a resource begins with its kind, LiveStream or Secret. "Pod" is not known here.'],
    ['hello', 'a resource begins with its kind, LiveStream or Secret. This one has none.'],
    ['kind: [', 'is not YAML that can be read: '],
    [`a: &a [b]\nc: [${'*a, '.repeat(101)}]`, 'is not YAML that can be read: '],
    [`${show('one')}extra: &a { b: *a }`, 'is not YAML that can be read: '],
    ['['.repeat(100_000), 'is not YAML that can be read: '],
    [`# ${'x'.repeat(1024 * 1024)}`, 'is larger than 1 MiB.'],
  ])('refuses %.30j in words', async (text, sentence) => {
    await expect(applied(text)).rejects.toMatchObject({
      name: 'CommandError',
      message: expect.stringContaining(sentence) as string,
    });
  });

  it('says that a file cannot be read', async () => {
    await expect(apply(folder, join(folder, 'none.yaml'))).rejects.toThrow('none.yaml cannot be read: ENOENT');
  });
});
