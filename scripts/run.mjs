// Runs a program of node_modules/.bin, or `node`, with Node 24: node scripts/run.mjs PROGRAM [ARG …]
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dependencies } from './setup/dependencies.mjs';
import { environmentOf, node24 } from './setup/node24.mjs';
import { runNode } from './setup/run-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = await node24();
await dependencies(root, node);
const [program = 'node', ...args] = process.argv.slice(2);
runNode(node, program === 'node' ? args : [join(root, 'node_modules', '.bin', program), ...args], {
  env: environmentOf(node, root),
});
