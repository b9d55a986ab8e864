import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLiveStream } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SKIPPED = new Set(['node_modules', 'dist', 'data', '.git']);

function markdownBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownBelow(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function fencedBlocks(text: string, language: string): string[] {
  return text
    .split('```')
    .filter((_, index) => index % 2 === 1)
    .filter((block) => block.startsWith(`${language}\n`))
    .map((block) => block.slice(language.length + 1));
}

describe.each(markdownBelow(root).map((path) => relative(root, path)))('%s', (path) => {
  const text = readFileSync(join(root, path), 'utf8');

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
    expect(links.filter((link) => !existsSync(join(root, dirname(path), link)))).toEqual([]);
  });

  it('shows LiveStreams that are valid', () => {
    for (const block of fencedBlocks(text, 'yaml')) {
      const document = parse(block) as { kind?: string };
      if (document.kind === 'LiveStream') expect(parseLiveStream(document)).toMatchObject({ ok: true });
    }
  });

  it('names npm scripts and showrunner commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const usage = readFileSync(join(root, 'standalone/src/main.ts'), 'utf8');
    const named = [...text.matchAll(/npm run ([a-z-]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const commands = [...text.matchAll(/npx showrunner ([a-z-]+)/g)].map((match) => match[1]!);
    expect(commands.filter((command) => !usage.includes(`  showrunner ${command} `))).toEqual([]);
  });
});
