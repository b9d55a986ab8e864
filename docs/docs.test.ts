import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseLiveStream } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

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

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name: string };
}

function liveStreamsIn(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest?.kind === 'LiveStream') as Manifest[];
}

/** What a reader has applied who typed these lines: files of this repository, and what stands in the lines themselves. */
function liveStreamsApplied(lines: string): Manifest[] {
  const files = [...lines.matchAll(/apply -f (\S+)/g)].map((match) => readFileSync(join(root, match[1]!), 'utf8'));
  const typed = [...lines.matchAll(/apply .*<<EOF\n([^]*?)\nEOF/g)].map((match) => match[1]!);
  return [...files, ...typed].flatMap(liveStreamsIn);
}

/** What the headings of a page are called in links to them. */
function headingAnchors(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!.toLowerCase());
  return headings.map((heading) => heading.replaceAll(/[^\w\s-]/g, '').replaceAll(' ', '-'));
}

it('quotes to the streamer what ingest says', () => {
  const guide = readFileSync(join(root, 'docs/guides/obs.md'), 'utf8');
  const sentences = readFileSync(join(root, 'ingest/src/errors.ts'), 'utf8');
  // Except for where to publish, which is made where it is known.
  const engines = readFileSync(join(root, 'ingest/src/engines/engine-choice.ts'), 'utf8');
  const quoted = [...guide.matchAll(/_([^_|]+) …_/g)].map((match) => match[1]!);
  expect(quoted.length).toBeGreaterThan(5);
  expect(quoted.filter((words) => !`${sentences}${engines}`.includes(words))).toEqual([]);
});

describe.each(markdownBelow(root).map((path) => relative(root, path)))('%s', (path) => {
  const text = readFileSync(join(root, path), 'utf8');

  it('links to files and headings that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)].map(([, file, heading]) => ({ file, heading }));
    const broken = links.filter(({ file, heading }) => {
      const target = file ? join(root, dirname(path), file) : join(root, path);
      return !existsSync(target) || (heading && !headingAnchors(readFileSync(target, 'utf8')).includes(heading));
    });
    expect(broken).toEqual([]);
  });

  it('shows LiveStreams that are valid', () => {
    for (const block of fencedBlocks(text, 'yaml')) {
      const document = parse(block) as { kind?: string };
      if (document.kind === 'LiveStream') expect(parseLiveStream(document)).toMatchObject({ ok: true });
    }
  });

  it('names in its commands the shows that it has applied, or the first one, which is there anyway', () => {
    const lines = fencedBlocks(text, 'sh').join('\n');
    const known = ['live', ...liveStreamsApplied(lines).map(({ metadata }) => metadata?.name)];
    const ofShowrunner =
      /npx showrunner (?:key(?! rotate)|key rotate|get|delete|demo|flv-url) (?:default\/)?([a-z][a-z0-9-]*)/g;
    const ofKubectl = /livestream[/ ]([a-z][a-z0-9-]*)/g;
    const named = [ofShowrunner, ofKubectl].flatMap((form) => [...lines.matchAll(form)].map((match) => match[1]));
    expect(named.filter((name) => !known.includes(name))).toEqual([]);
  });

  it('shows a file that it applies as that is', () => {
    const applied = liveStreamsApplied(fencedBlocks(text, 'sh').join('\n'));
    const shown = fencedBlocks(text, 'yaml').flatMap(liveStreamsIn);
    for (const stream of applied) {
      const same = shown.filter(({ metadata }) => metadata?.name === stream.metadata?.name);
      for (const each of same) expect(each).toEqual(stream);
    }
  });

  it('names npm scripts and showrunner commands that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
    const usage = readFileSync(join(root, 'standalone/src/command-line.ts'), 'utf8');
    const named = [...text.matchAll(/npm run ([a-z-]+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
    const commands = [...text.matchAll(/npx showrunner ([a-z-]+)/g)].map((match) => match[1]!);
    expect(commands.filter((command) => !usage.includes(`  showrunner ${command} `))).toEqual([]);
  });
});
