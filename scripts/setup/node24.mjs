import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { npm } from './npm.mjs';
import { fail, say } from './say.mjs';

const WANTED_MAJOR = 24;
const VERSION = readFileSync(new URL('../../.node-version', import.meta.url), 'utf8').trim();

/** Where downloads are kept between checkouts. */
export const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'showrunner');

/** Path of a Node 24 binary: this one where it is new enough, else one from the npm registry, kept in the cache. */
export async function node24() {
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath;
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cacheFolder, `node-${VERSION}`);
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) return binary;
  say(`Fetching Node ${VERSION} from the npm registry (this machine has ${process.versions.node}; once, about 50 MB)`);
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', `${name}@${VERSION}`];
  const failure = await npm(args);
  if (failure !== undefined) {
    process.stderr.write(failure);
    fail(`Node ${VERSION} could not be fetched. Install Node ${WANTED_MAJOR} yourself and run this again.`);
  }
  return binary;
}

/**
 * The environment of what runs with that binary: it is the `node` of everything below it, and keeps what it has compiled, beside the
 * dependencies, so that the next process starts in a third of the time.
 */
export function environmentOf(node, root) {
  return {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node'),
  };
}
