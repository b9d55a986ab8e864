import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { apply } from './apply.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'showrunner-apply-'));
  file = join(folder, 'file.yaml');
  vi.spyOn(console, 'log').mockReturnValue();
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

describe('apply', () => {
  it('keeps every resource of a file, Secrets apart', async () => {
    await applied(`${show('one')}---\napiVersion: v1\nkind: Secret\nmetadata: { name: mine }\n---\n${show('two')}`);
    expect(await names()).toEqual(['LiveStream one', 'LiveStream two', 'Secret mine']);
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
