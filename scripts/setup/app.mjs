import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './hash-of.mjs';
import { fail, say } from './say.mjs';

/** Builds the pages into web/dist, where their sources are not those of the last build. */
export function app(root, node) {
  const stamp = join(root, 'web', 'dist', '.sources');
  const sources = hashOf(root, ['package-lock.json', 'web/app', 'web/vite.config.ts']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  say('Building the pages');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const build = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], { cwd: join(root, 'web'), encoding: 'utf8' });
  if (build.status !== 0) fail(`The pages could not be built:\n${build.stdout}${build.stderr}`);
  writeFileSync(stamp, sources);
}
