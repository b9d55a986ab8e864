// node scripts/bundle.mjs FOLDER: one file per process of the cluster home, for the images, and the licences of what went in.
import { build } from 'esbuild';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from './setup/say.mjs';

/** Every process of the cluster home: FOLDER/{name}.js is made from its main. */
const MAINS = {
  operator: 'operator/src/main.ts',
  ingest: 'ingest/src/main.ts',
  'front-door': 'ingest/src/front-door/main.ts',
  transcoder: 'transcoder/src/main.ts',
  edge: 'transcoder/src/edge/main.ts',
  web: 'web/api/main.ts',
};

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder] = process.argv.slice(2);
if (!folder) fail('Where to? node scripts/bundle.mjs FOLDER');
for (const [name, main] of Object.entries(MAINS)) {
  if (!existsSync(join(root, main))) fail(`${main} is not there, so ${name}.js cannot be made.`);
}

mkdirSync(folder, { recursive: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: Object.entries(MAINS).map(([out, main]) => ({ in: main, out })),
  outdir: folder,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // The CommonJS packages among the dependencies ask for Node's own modules at run time.
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
  // Reads kubeconfigs, of which there are none in a pod: it would be nine tenths of a bundle.
  external: ['@kubernetes/client-node'],
  legalComments: 'none', // the licences follow in one file
  metafile: true,
  logLevel: 'warning',
});
// `import` is known at once: Node need not read a file twice to find out what it is.
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
writeFileSync(join(folder, 'LICENSES'), licences(packagesOf(metafile)));

/** Folders of the packages that went into the bundles, in the order of their names. */
function packagesOf({ inputs }) {
  const pattern = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
  return [...new Set(Object.keys(inputs).flatMap((path) => path.match(pattern)?.[0] ?? []))].sort();
}

function licences(packages) {
  return packages
    .map((path) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
      const file = readdirSync(join(root, path)).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(root, path, file), 'utf8').trim() : `Licence: ${license}`;
      return `${name} ${version}\n\n${text}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}
