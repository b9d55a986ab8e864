import { spawnSync } from 'node:child_process';

/** Runs npm with its output held back; shows the output and returns false where it failed. */
export function npm(args, options = {}) {
  const run = spawnSync('npm', [...args, '--no-fund', '--no-audit', '--loglevel=error'], {
    encoding: 'utf8',
    ...options,
  });
  if (run.status === 0) return true;
  process.stderr.write(`${run.stdout ?? ''}${run.stderr ?? ''}${run.error ? `${run.error.message}\n` : ''}`);
  return false;
}
