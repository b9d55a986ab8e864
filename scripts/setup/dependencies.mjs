import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { npm } from './npm.mjs';
import { fail, say } from './say.mjs';

/** Installs what package-lock.json names, where it is not what was installed last. Runs npm under the given Node. */
export function dependencies(root, node) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.showrunner-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  say('Installing the dependencies (npm ci)');
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  if (!npm(['ci'], { cwd: root, env })) fail('The dependencies could not be installed: see the lines above.');
  writeFileSync(stamp, lock);
}
