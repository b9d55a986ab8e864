import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { say } from './say.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs npm with its output held back. Resolves with that where it failed, with `undefined` where it did not. */
export async function npm(args, options = {}) {
  const all = [...args, '--no-fund', '--no-audit', '--loglevel=error'];
  // Apart from the terminal's Ctrl-C: npm undoes what it has begun at the first signal, and drops everything at the second.
  const child = spawn('npm', all, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...options });
  let said = '';
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text) => (said += text));
  let stoppedBy;
  const stop = (signal) => {
    if (stoppedBy) return;
    stoppedBy = signal;
    say('Stopping, once npm has undone what it had begun: this may take a minute');
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      said += `${error.message}\n`;
      resolve(1);
    });
    child.on('close', resolve);
  });
  for (const signal of SIGNALS) process.off(signal, stop);
  if (stoppedBy) process.exit(128 + constants.signals[stoppedBy]);
  return code === 0 ? undefined : said;
}
