// npm test: types, lint, format, dead code, unit tests and stories. Ends non-zero where any of them fails.
// `npm test -- unit` and the like run one step alone.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { fail } from './setup/say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = node24();
dependencies(root, node);
programs(['ffmpeg', 'ffprobe', 'chromium']);
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
};

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !(name in STEPS));
if (unknown) fail(`There is no step "${unknown}": choose from ${Object.keys(STEPS).join(', ')}.`);

const env = { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` };
const names = chosen.length > 0 ? chosen : Object.keys(STEPS);
const results = names.map((name, index) => {
  process.stdout.write(`\n[${index + 1}/${names.length}] ${name}\n`);
  const started = Date.now();
  const passed = STEPS[name].every(([program, ...args]) => {
    const binary = join(root, 'node_modules', '.bin', program);
    return spawnSync(node, [binary, ...args], { cwd: root, env, stdio: 'inherit' }).status === 0;
  });
  return { name, passed, seconds: ((Date.now() - started) / 1000).toFixed(1) };
});

process.stdout.write('\n');
for (const { name, passed, seconds } of results) {
  process.stdout.write(`${passed ? '✓' : '✗'} ${name.padEnd(10)} ${seconds.padStart(6)} s\n`);
}
const failures = results.filter((result) => !result.passed).length;
process.stdout.write(`${results.length - failures} passed, ${failures} failed\n`);
process.exit(failures === 0 ? 0 : 1);
