import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/**
 * Runs a project of vitest.config.ts, or `files` of it one at a time, with its progress on the terminal. Returns `outcome` (passed
 * or failed), `failures`, one per file (see failuresIn), and `retried` (see retriedIn).
 */
export async function runVitest({ node, vitest, root, env, project, files }) {
  const folder = mkdtempSync(join(tmpdir(), 'showrunner-test-'));
  const json = join(folder, 'results.json');
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${json}`];
  if (files) args.push('--no-file-parallelism', ...files);
  try {
    const child = spawn(node, [vitest, ...args], { cwd: root, env, stdio: 'inherit' });
    const status = await new Promise((resolve) => child.on('close', resolve));
    const results = readResults(json);
    const retried = retriedIn(results, root);
    if (status === 0) return { outcome: 'passed', failures: [], retried };
    return { outcome: 'failed', failures: failuresIn(results, root), retried };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * What failed, by file: `{ file, tests: [{ name, message }] }`, the file relative to the root, of a message its first line. A file
 * that failed before its tests, or in a hook, has one entry without the name of a test.
 */
export function failuresIn(results, root) {
  return results.testResults
    .filter(({ status }) => status === 'failed')
    .map(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      const tests = failed.map(({ fullName, failureMessages }) => ({
        name: fullName,
        message: firstLine(failureMessages[0]),
      }));
      if (tests.length === 0) tests.push({ name: 'before or after its tests', message: firstLine(message) });
      return { file: relative(root, name), tests };
    });
}

/** Tests that passed at their second attempt, and the first line of why the first one failed: `{ file, name, message }`. */
export function retriedIn(results, root) {
  return results.testResults.flatMap(({ name: file, assertionResults }) =>
    assertionResults
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
      .map(({ fullName, failureMessages }) => ({
        file: relative(root, file),
        name: fullName,
        message: firstLine(failureMessages[0]),
      })),
  );
}

/** Vitest writes nothing where it could not begin, which its own words on the terminal tell. */
function readResults(json) {
  try {
    return JSON.parse(readFileSync(json, 'utf8'));
  } catch {
    return { testResults: [] };
  }
}

function firstLine(message) {
  return (message ?? '').split('\n', 1)[0];
}
