#!/usr/bin/env node
// The `showrunner` command: sets up what is missing on this machine, then hands over to standalone/.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { runNode } from './setup/run-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const node = node24();
dependencies(root, node);
if (['start', 'demo'].includes(args[0] ?? 'start')) programs(['ffmpeg']);
if ((args[0] ?? 'start') === 'start') app(root, node);
runNode(node, [join(root, 'standalone', 'src', 'main.ts'), ...args]);
