import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { httpGet } from '../../support/http-get.ts';
import { CHART, clusterProgram, giveDefinitionTo, imageValues, openShell, type Shell } from '../support/index.ts';

const GUIDE = fileURLToPath(new URL('../../../docs/guides/install-on-kubernetes.md', import.meta.url));
const TAG = 'guide';
const NAMESPACES = ['showrunner', 'shows'];
/** Longer than the guide lets Helm wait. */
const BLOCK_TIMEOUT_MS = 330_000;

interface Block {
  readonly heading: string;
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks with the heading that they stand under. */
function blocksOf(markdown: string): Block[] {
  let heading = '';
  let open: { language: string; lines: string[] } | undefined;
  const blocks: Block[] = [];
  for (const line of markdown.split('\n')) {
    if (open && line === '```') {
      blocks.push({ heading, language: open.language, text: open.lines.join('\n') });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (line.startsWith('```')) open = { language: line.slice(3), lines: [] };
    else if (line.startsWith('## ')) heading = line.slice(3);
  }
  return blocks;
}

const cluster = inject('cluster');
const kubectl = clusterProgram(cluster, 'kubectl');
const helm = clusterProgram(cluster, 'helm');
const blocks = blocksOf(await readFile(GUIDE, 'utf8'));
const commands = blocks.filter(({ language }) => language === 'sh');
const { registry } = imageValues(cluster);

/** What a reader puts in place of the guide's examples. */
const OWN_WORDS: readonly [line: RegExp, put: () => Promise<string>][] = [
  [/^REGISTRY=.*$/m, async () => `REGISTRY=${registry}`],
  [/^TAG=.*$/m, async () => `TAG=${cluster.isOwn ? TAG : cluster.images.web.split(':').at(-1)}`],
  [/^NODE=.*$/m, async () => `NODE=${await nodeAddress()}`],
];

/** What blocks must print, beside going well. */
const PRINTED: readonly [command: string, output: RegExp][] = [
  ['helm test', /✓ The front door shakes hands\./],
  ['kubectl wait --namespace shows --for=condition=Ready', /evening +True +Ready/],
  ['echo "Stream Key', /Server +rtmp:\/\/\S+\/live\nStream Key +\S{20,}/],
  ['curl --fail', /#EXTM3U[^]*http:\/\/\S+\/watch\/shows\/evening\n$/],
  // They are there already: the values of this guide name the namespace.
  ['--show-only', /networkpolicy\S+-ingest (configured|unchanged)\nnetworkpolicy\S+-transcoder (configured|unchanged)/],
  ['helm upgrade', /has been upgraded/],
  ['helm rollback', /Rollback was a success/],
  ['helm uninstall', /livestreams\.showrunner\.dev/],
];

describe('docs/guides/install-on-kubernetes.md, followed line by line', () => {
  let folder: string;
  let shell: Shell;

  beforeAll(async () => {
    // The guide names its namespaces itself: what a reader before this one left behind has to go.
    await helm(['uninstall', 'showrunner', '--namespace', 'showrunner', '--ignore-not-found']);
    await kubectl(['delete', 'namespace', ...NAMESPACES, '--ignore-not-found'], { timeoutMs: 150_000 });
    folder = await mkdtemp(join(tmpdir(), 'showrunner-guide-'));
    await symlink(dirname(CHART), join(folder, 'charts'));
    await giveDefinitionTo(cluster, 'showrunner', 'showrunner');
    shell = openShell(cluster, folder);
  });
  afterAll(async () => {
    await shell?.close();
    await helm(['uninstall', 'showrunner', '--namespace', 'showrunner', '--ignore-not-found']);
    await kubectl(['delete', 'namespace', ...NAMESPACES, '--ignore-not-found', '--wait=false']);
    await rm(folder, { recursive: true });
  });

  it.each(commands.map(({ heading, text }): [string, string] => [`${heading}: ${text.split('\n')[0]}`, text]))(
    '%s',
    async (_, text) => {
      if (text.includes('docker build')) return provideImages(text);
      let block = text;
      for (const [line, put] of OWN_WORDS) if (line.test(block)) block = block.replace(line, await put());
      const printed = await shell.paste(block);
      for (const [command, output] of PRINTED) if (text.includes(command)) expect(printed).toMatch(output);
      const page = /^http:\S+\/watch\/\S+$/m.exec(printed)?.[0];
      if (page) expect((await httpGet(page)).status).toBe(200);
    },
    BLOCK_TIMEOUT_MS,
  );

  it('shows values that the chart takes', async () => {
    const shown = blocks.filter(({ language, text }) => language === 'yaml' && text.startsWith('# values'));
    expect(shown.length).toBeGreaterThan(3);
    for (const { text } of shown) {
      const args = ['template', 'showrunner', CHART, '--set', 'image.registry=registry.example.com', '--values', '-'];
      await expect(helm(args, { input: text })).resolves.toContain('kind: Deployment');
    }
  });

  it('says all that this story looks for, so that nothing is left out unseen', () => {
    const all = commands.map(({ text }) => text).join('\n');
    for (const [command] of PRINTED) expect(all).toContain(command);
    for (const [line] of OWN_WORDS) expect(all.match(new RegExp(line, 'gm'))).toHaveLength(1);
  });
});

/** In place of building: this checkout's images are there already, and get the one tag that the guide gives to all. */
async function provideImages(block: string): Promise<void> {
  const named = /for image in ([a-z ]+); do/.exec(block)?.[1]?.split(' ');
  expect(named?.sort()).toEqual(Object.keys(cluster.images).sort());
  if (!cluster.isOwn || cluster.bin === undefined) return;
  const ctr = clusterProgram(cluster, 'ctr');
  const own = ['--address', join(cluster.bin, '../run/containerd.sock'), '--namespace', 'k8s.io'];
  for (const image of Object.values(cluster.images))
    await ctr([...own, 'images', 'tag', '--force', image, image.replace(/:[^:]+$/, `:${TAG}`)]);
}

async function nodeAddress(): Promise<string> {
  const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  return (await kubectl(['get', 'nodes', '--output', path])).trim();
}
