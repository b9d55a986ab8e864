import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ENOTEMPTY =
  "npm error code ENOTEMPTY\nnpm error ENOTEMPTY: directory not empty, rmdir '/here/node_modules/accepts'";
const AGAIN = '• An installation that was stopped before is still being undone; trying again in 0.05 s\n';

let root;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'showrunner-dependencies-'));
  mkdirSync(join(root, 'node_modules'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
});
afterEach(() => rmSync(root, { recursive: true }));

/** Installs with a stand-in for npm, a shell script that finds in $TRY how often it was called. */
function install(npm) {
  const counted = 'echo >> tries; TRY=$(wc -l < tries)';
  writeFileSync(join(root, 'bin', 'npm'), `#!/bin/sh\n${counted}\n${npm}\n`, { mode: 0o755 });
  const { href } = new URL('dependencies.mjs', import.meta.url);
  const script = `await (await import('${href}')).dependencies(process.env.ROOT, process.env.ROOT + '/bin/node', 50)`;
  const env = { ...process.env, ROOT: root, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` };
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { env });
  let said = '';
  child.stderr.on('data', (bytes) => (said += bytes.toString()));
  const ended = new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ code, said, tries: readFileSync(join(root, 'tries'), 'utf8').length, isDone: isDone() }),
    );
  });
  return { child, ended };
}

const isDone = () => existsSync(join(root, 'node_modules', '.showrunner-lock'));

describe('an installation', () => {
  it('waits for one that was stopped and is still being undone', async () => {
    const { code, said, tries, isDone } = await install(`[ $TRY -gt 2 ] || { echo "${ENOTEMPTY}" >&2; exit 217; }`)
      .ended;
    expect({ code, tries, isDone }).toEqual({ code: 0, tries: 3, isDone: true });
    expect(said).toBe(`• Installing the dependencies (npm ci)\n${AGAIN}${AGAIN}`);
  });

  it('does not wait for ever', async () => {
    const { code, said, tries, isDone } = await install(`echo "${ENOTEMPTY}" >&2; exit 217`).ended;
    expect({ code, tries, isDone }).toEqual({ code: 1, tries: 6, isDone: false });
    expect(said.split(AGAIN)).toHaveLength(6);
    expect(said).toContain(`${ENOTEMPTY}\n✗ The dependencies could not be installed: see the lines above.\n`);
  });

  it('fails at once for any other reason', async () => {
    const { code, said, tries } = await install('echo "npm error code ENOTFOUND" >&2; exit 1').ended;
    expect({ code, tries }).toEqual({ code: 1, tries: 1 });
    expect(said).toContain(
      'npm error code ENOTFOUND\n✗ The dependencies could not be installed: see the lines above.\n',
    );
  });

  it('that is stopped tells npm once, and ends when npm has undone what it had begun', async () => {
    const undo = 'echo undone >> undone; exit 1';
    const { child, ended } = install(`trap 'sleep 0.5; ${undo}' INT\necho > begun\nwhile :; do sleep 0.1; done`);
    while (!existsSync(join(root, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 20));
    // As a terminal and the npm above it both do.
    child.kill('SIGINT');
    setTimeout(() => child.kill('SIGINT'), 100);
    const { code, said, tries, isDone } = await ended;
    expect({ code, tries, isDone }).toEqual({ code: 130, tries: 1, isDone: false });
    expect(readFileSync(join(root, 'undone'), 'utf8')).toBe('undone\n');
    expect(said).toContain('• Stopping, once npm has undone what it had begun: this may take a minute\n');
  });
});
