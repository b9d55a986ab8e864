// npm run bench -- NAME: measures one figure side by side with its peer (bench/README.md).
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { environmentOf, node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { runNode } from './setup/run-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = await node24();
await dependencies(root, node);
programs(['ffmpeg', 'chromium-headless-shell', 'nginx', 'nginx-rtmp', 'wrk']);
app(root, node);
runNode(node, [join(root, 'bench', 'src', 'main.ts'), ...process.argv.slice(2)], { env: environmentOf(node, root) });
