// npm test: types, lint, format, dead code, unit tests and stories. Ends non-zero where any of them fails. Where no cluster can
// run, the stories that need one are skipped, except with CI=true.
// `npm test -- unit` and the like run one step alone.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { chooseCluster } from './setup/cluster.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { fail } from './setup/say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = node24();
dependencies(root, node);
programs(['ffmpeg', 'ffprobe', 'chromium', 'nginx', 'nginx-rtmp']);
app(root, node);

const STEPS = {
  types: [
    ['tsc', '-p', '.'],
    ['vue-tsc', '--noEmit', '-p', 'web/app'],
  ],
  lint: [['eslint', '.', '--max-warnings', '0']],
  format: [['prettier', '--check', '--log-level', 'warn', '.']],
  'dead code': [['knip']],
  unit: [['vitest', 'run', '--project', 'unit']],
  stories: [['vitest', 'run', '--project', 'stories']],
  'in real time': [['vitest', 'run', '--project', 'in-real-time']],
  cluster: [['vitest', 'run', '--project', 'cluster']],
};
/** Run where they are named alone: with them, all would take longer than a quarter of an hour. */
const LONG_STEPS = { 'cluster-long': [['vitest', 'run', '--project', 'cluster-long']] };
const ALL_STEPS = { ...STEPS, ...LONG_STEPS };

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in ALL_STEPS));
if (unknown) fail(`There is no step "${unknown}": choose from ${Object.keys(ALL_STEPS).join(', ')}.`);

const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
const names = chosen.length > 0 ? chosen : Object.keys(STEPS);
const results = names.map((name, index) => {
  process.stdout.write(`\n[${index + 1}/${names.length}] ${name}\n`);
  const started = Date.now();
  const outcome = outcomeOf(name);
  return { name, outcome, seconds: ((Date.now() - started) / 1000).toFixed(1) };
});

process.stdout.write('\n');
const MARKS = { passed: '✓', failed: '✗', skipped: '-' };
for (const { name, outcome, seconds } of results) {
  process.stdout.write(`${MARKS[outcome]} ${name.padEnd(12)} ${seconds.padStart(6)} s\n`);
}
const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
process.stdout.write(`${count('passed')} passed, ${count('failed')} failed`);
process.stdout.write(count('skipped') > 0 ? `, ${count('skipped')} skipped\n` : '\n');
process.exit(count('failed') === 0 ? 0 : 1);

function outcomeOf(name) {
  const { cluster, why } = name.startsWith('cluster') ? chooseCluster(root) : {};
  if (cluster === 'none') {
    const isCi = process.env.CI === 'true';
    process.stdout.write(`The stories on a cluster ${isCi ? 'cannot run' : 'are skipped'}: ${why}.\n`);
    return isCi ? 'failed' : 'skipped';
  }
  const passed = ALL_STEPS[name].every(([program, ...args]) => {
    const binary = join(root, 'node_modules', '.bin', program);
    return spawnSync(node, [binary, ...args], { cwd: root, env, stdio: 'inherit' }).status === 0;
  });
  return passed ? 'passed' : 'failed';
}
