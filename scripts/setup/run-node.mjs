import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fail } from './say.mjs';

/** Runs Node with arguments in the foreground, passes signals on and ends as it ends. */
export function runNode(node, args, options = {}) {
  const child = spawn(node, args, { stdio: 'inherit', ...options });
  child.on('error', (error) => fail(`${node} cannot be started: ${error.message}`));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}
