import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npm } from './npm.mjs';
import { fail, say } from './say.mjs';

const stampOf = (root) => join(root, 'node_modules', '.showrunner-lock');
const hashOfLock = (root) =>
  createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');

/** Whether what package-lock.json names is what was installed last. */
export function areDependenciesInstalled(root) {
  return existsSync(stampOf(root)) && readFileSync(stampOf(root), 'utf8') === hashOfLock(root);
}

/** Installs what package-lock.json names, where that is not there yet. Runs npm under the given Node. */
export function dependencies(root, node) {
  if (areDependenciesInstalled(root)) return;
  say('Installing the dependencies (npm ci)');
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  if (!npm(['ci'], { cwd: root, env })) fail('The dependencies could not be installed: see the lines above.');
  writeFileSync(stampOf(root), hashOfLock(root));
}
