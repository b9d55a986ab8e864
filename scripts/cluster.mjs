// node scripts/cluster.mjs up|down: the cluster that the stories run on, by hand (tests/cluster/README.md).
// `up` says on stdout, as JSON, how to reach it and what this checkout's images are called on it.
// node scripts/cluster.mjs programs: builds what an API server of its own needs, and says in which folder it is.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { controlPrograms, startCluster, stopCluster } from './setup/cluster.mjs';
import { fail } from './setup/say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command] = process.argv.slice(2);
if (command === 'up') process.stdout.write(`${JSON.stringify(startCluster(root), null, 2)}\n`);
else if (command === 'down') stopCluster(root);
else if (command === 'programs') console.log(controlPrograms(root));
else fail('node scripts/cluster.mjs up, down, or programs?');
