// npm test: types, lint, format, dead code, unit tests and stories. Ends non-zero where any of them fails. Where no cluster can
// run, the stories that need one are skipped, except with CI=true.
// `npm test -- unit` and the like run one step alone, `npm test -- cluster-long` the stories that are in no other run.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { app } from './setup/app.mjs';
import { chooseCluster } from './setup/cluster.mjs';
import { dependencies } from './setup/dependencies.mjs';
import { cacheFolder, environmentOf, node24 } from './setup/node24.mjs';
import { programs } from './setup/programs.mjs';
import { fail } from './setup/say.mjs';
import { withoutCluster } from './setup/which-cluster.mjs';
import { runVitest } from './test/vitest.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const node = await node24();
await dependencies(root, node);
programs(['ffmpeg', 'ffprobe', 'chromium-headless-shell', 'nginx', 'nginx-rtmp']);
app(root, node);

const binary = (program) => join(root, 'node_modules', '.bin', program);
const env = environmentOf(node, root);

/** What types and format have found of files that are as they were. The linter keeps nothing: a file may fail for another's types. */
const found = (name) => join(cacheFolder, 'checks', name);
const incremental = (name) => ['--incremental', '--tsBuildInfoFile', found(name)];
/** Steps that read the sources alone: one beside the other. */
const CHECKS = {
  types: [
    ['tsc', '-p', '.', ...incremental('types.tsbuildinfo')],
    ['vue-tsc', '--noEmit', '-p', 'web/app', ...incremental('web-types.tsbuildinfo')],
  ],
  lint: [['eslint', '.', '--max-warnings', '0']],
  format: [
    [
      ...['prettier', '--check', '--log-level', 'warn', '.'],
      ...['--cache', '--cache-strategy', 'content', '--cache-location', found('format')],
    ],
  ],
  'dead code': [['knip']],
};
/** Steps that run the product: one after the other. The value is the project in vitest.config.ts. */
const TESTS = { unit: 'unit', stories: 'stories', 'in real time': 'in-real-time', cluster: 'cluster' };
/** Run where they are named alone: with them, all would take longer than a quarter of an hour. */
const LONG_TESTS = { 'cluster-long': 'cluster-long' };
const PROJECTS = { ...TESTS, ...LONG_TESTS };

const chosen = process.argv.slice(2);
const known = [...Object.keys(CHECKS), ...Object.keys(PROJECTS)];
const unknown = chosen.find((name) => !known.includes(name));
if (unknown) fail(`There is no step "${unknown}": choose from ${known.join(', ')}.`);
const names = chosen.length > 0 ? chosen : [...Object.keys(CHECKS), ...Object.keys(TESTS)];

const checks = names.filter((name) => name in CHECKS);
if (checks.length > 0) process.stdout.write(`\n${checks.join(', ')}\n`);
const results = await Promise.all(checks.map((name) => timed(name, () => check(name))));
for (const name of names.filter((each) => each in PROJECTS)) {
  process.stdout.write(`\n${name}\n`);
  results.push(await timed(name, () => test(name)));
}
for (const result of results.filter(({ failures = [] }) => failures.length > 0)) await tellAgain(result);
report();
process.exit(results.some(({ outcome }) => outcome === 'failed') ? 1 : 0);

async function timed(name, run) {
  const started = Date.now();
  const result = await run();
  return { name, ...result, seconds: (Date.now() - started) / 1000 };
}

async function check(name) {
  for (const [program, ...args] of CHECKS[name]) {
    const child = spawn(node, [binary(program), ...args], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const written = [];
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (chunk) => written.push(chunk));
    const status = await new Promise((resolve) => child.on('close', resolve));
    if (status === 0) continue;
    process.stdout.write(`\n${name}: ${program}\n${Buffer.concat(written)}\n`);
    return { outcome: 'failed' };
  }
  return { outcome: 'passed' };
}

async function test(name) {
  const { cluster, why } = name.startsWith('cluster') ? chooseCluster(root) : {};
  if (cluster === 'none') {
    const { outcome, sentence } = withoutCluster({ why });
    process.stdout.write(`${sentence}\n`);
    return { outcome };
  }
  return runVitest({ node, vitest: binary('vitest'), root, env, project: PROJECTS[name] });
}

/**
 * Tests that have to do with time fail where the machine stands still for a while, and so do the hooks before them, which nobody
 * retries: files that failed are run once more when all others are through, one at a time. What failed at first is said even so.
 */
async function tellAgain(result) {
  const files = result.failures.map(({ file }) => file);
  process.stdout.write(`\n${result.name}: once more, alone: ${files.join(', ')}\n`);
  const again = await runVitest({ node, vitest: binary('vitest'), root, env, project: PROJECTS[result.name], files });
  Object.assign(result, { outcome: again.outcome, again });
}

function report() {
  const MARKS = { passed: '✓', failed: '✗', skipped: '-' };
  process.stdout.write('\n');
  for (const { failures = [], retried = [], again } of results) {
    for (const { file, name, message } of retried) {
      process.stdout.write(`~ passed when it was told again: ${file}\n    ${name}\n      ${message}\n`);
    }
    for (const { file, tests } of failures) {
      const isMended = again && !again.failures.some((failure) => failure.file === file);
      process.stdout.write(`${isMended ? '! passed when it ran alone' : '✗ failed'}: ${file}\n`);
      for (const { name, message } of tests) process.stdout.write(`    ${name}\n      ${message}\n`);
    }
  }
  for (const { name, outcome, seconds } of results) {
    process.stdout.write(`${MARKS[outcome]} ${name.padEnd(12)} ${seconds.toFixed(1).padStart(6)} s\n`);
  }
  const counts = Object.keys(MARKS).map((outcome) => [results.filter((r) => r.outcome === outcome).length, outcome]);
  process.stdout.write(`${counts.map(([count, outcome]) => `${count} ${outcome}`).join(', ')}\n`);
  if (chosen.length > 0) return;
  for (const name of Object.keys(LONG_TESTS)) process.stdout.write(`Not run: ${name}; npm test -- ${name} runs it.\n`);
}
