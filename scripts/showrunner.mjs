#!/usr/bin/env node
// The `showrunner` command: sets up what is missing on this machine, then hands over to standalone/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { areDependenciesInstalled, dependencies } from './setup/dependencies.mjs';
import { environmentOf, node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { runNode } from './setup/run-node.mjs';
import { fail } from './setup/say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const command = args[0];
const node = await node24();
if (command === 'start') {
  await dependencies(root, node);
  if (!process.env.SHOWRUNNER_FFMPEG) programs(['ffmpeg']);
  app(root, node);
} else if (!areDependenciesInstalled(root)) {
  // Two installations at once would be in each other's way: `start` alone does it.
  fail('Run `npm start` first: it installs what is missing.');
}
runNode(node, [join(root, 'standalone', 'src', 'main.ts'), ...args], { env: environmentOf(node, root) });
