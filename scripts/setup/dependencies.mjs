import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { npm } from './npm.mjs';
import { fail, say } from './say.mjs';

/** npm undoes an installation that was stopped for half a minute and more. */
const TRIES = 6;
const PAUSE_MS = 10_000;
/** How npm fails whose node_modules are changed by another one meanwhile. */
const IN_EACH_OTHERS_WAY = /(?:ENOTEMPTY|EEXIST|EBUSY|ENOENT)[^]*node_modules/;

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
export async function dependencies(root, node, pauseMs = PAUSE_MS) {
  if (areDependenciesInstalled(root)) return;
  say('Installing the dependencies (npm ci)');
  const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
  for (let tries = 1; ; tries += 1) {
    const failure = await npm(['ci'], { cwd: root, env });
    if (failure === undefined) break;
    if (tries === TRIES || !IN_EACH_OTHERS_WAY.test(failure)) {
      process.stderr.write(failure);
      fail('The dependencies could not be installed: see the lines above.');
    }
    say(`An installation that was stopped before is still being undone; trying again in ${pauseMs / 1_000} s`);
    await delay(pauseMs);
  }
  writeFileSync(stampOf(root), hashOfLock(root));
}
