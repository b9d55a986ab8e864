import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter } from 'node:path';
import type { Cluster } from './cluster.ts';

const KEPT_CHARACTERS = 100_000;

/** A terminal into which a person pastes one block of commands after the other. */
export interface Shell {
  /** Resolves to what the block printed; rejects with what it said where a command of it fails, which ends the shell. */
  paste(block: string): Promise<string>;
  close(): Promise<void>;
}

/** A bash in which the cluster's programs are found and reach it. */
export function openShell({ bin, kubeconfig }: Cluster, folder: string): Shell {
  const path = [bin, process.env.PATH].filter((part) => part !== undefined).join(delimiter);
  const child = spawn('bash', ['-euo', 'pipefail'], {
    cwd: folder,
    env: { ...process.env, PATH: path, KUBECONFIG: kubeconfig },
  });
  let printed = '';
  let said = '';
  let blocks = 0;
  let onOutput = () => {};
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    onOutput();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-KEPT_CHARACTERS)));
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(() => true);
  return {
    async paste(block) {
      const mark = `--- end of block ${(blocks += 1)} ---\n`;
      printed = '';
      said = '';
      const { promise, resolve } = Promise.withResolvers<boolean>();
      onOutput = () => printed.includes(mark) && resolve(false);
      child.stdin.write(`${block}\nprintf '%s\\n' '${mark.trim()}'\n`);
      if (await Promise.race([promise, ended])) throw new Error(`The shell ended:\n${printed}${said}`);
      return printed.replace(mark, '');
    },
    async close() {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
