import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cpuSeconds } from '@showrunner/tests/support';

const SECONDS = 4;
/** Below what one core of a server can do, so that it is not starved by the load itself. */
const CONNECTIONS = 16;

/** Requests per CPU second of the server, under wrk on one core. */
export async function requestsPerCpuSecond(pid: number, url: string): Promise<number> {
  const before = cpuSeconds(pid);
  const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, url]);
  const cpu = cpuSeconds(pid) - before;
  const requests = Number(/([0-9]+) requests in/.exec(stdout)?.[1]);
  if (!(requests > 0) || /Non-2xx/.test(stdout)) throw new Error(`wrk failed at ${url}:\n${stdout}`);
  return requests / cpu;
}
