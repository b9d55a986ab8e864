import { execFile } from 'node:child_process';
import { delimiter } from 'node:path';
import type { ClusterAccess } from './cluster.ts';

export interface RunOptions {
  /** What the program reads on stdin. */
  readonly input?: string;
  /** 60 s where it is not said. */
  readonly timeoutMs?: number;
}

/** Runs a program against the cluster and resolves to its stdout; rejects with what it said on stderr where it failed. */
export type ClusterProgram = (args: readonly string[], options?: RunOptions) => Promise<string>;

/** `kubectl`, `helm`, `helm3` or `ctr`, as the cluster has it and set to reach it. */
export function clusterProgram(cluster: ClusterAccess, program: string): ClusterProgram {
  const folders = [cluster.bin, process.env.PATH].filter((folder) => folder !== undefined);
  const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, PATH: folders.join(delimiter) };
  return (args, { input = '', timeoutMs = 60_000 } = {}) =>
    new Promise((resolve, reject) => {
      const child = execFile(
        program,
        [...args],
        { env, timeout: timeoutMs, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) => {
          if (!error) return resolve(stdout);
          const end = error.killed ? `did not end within ${timeoutMs / 1000} s` : `ended with ${error.code}`;
          reject(new Error(`${program} ${args.join(' ')} ${end}: ${stderr.trim() || stdout.trim()}`));
        },
      );
      // A program that fails at once need not have read all of it; how it ended says why.
      child.stdin?.on('error', () => {}).end(input);
    });
}
