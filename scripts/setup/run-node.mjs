import { spawn } from 'node:child_process';

/** Runs Node with arguments in the foreground, passes signals on and ends as it ends. */
export function runNode(node, args, options = {}) {
  const child = spawn(node, args, { stdio: 'inherit', ...options });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 128 + 15 : 1)));
}
