import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Linux counts processor time in 1/100 s on every platform Debian ships (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Processor seconds since the machine started: of each process, with the words of its command, and of all processors. */
export interface CpuReading {
  readonly at: number;
  readonly busy: number;
  readonly processes: ReadonlyMap<number, { readonly command: string; readonly seconds: number }>;
}

export function readCpu(): CpuReading {
  const processes = new Map<number, { command: string; seconds: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ');
      // proc(5): utime and stime are fields 14 and 15, and the state is field 3.
      processes.set(Number(name), { command, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND });
    } catch {
      // It has ended meanwhile.
    }
  }
  const [, ...times] = /^cpu .*/.exec(readFileSync('/proc/stat', 'latin1'))![0].split(/ +/).map(Number);
  const [idle = 0, iowait = 0] = times.slice(3, 5);
  // Guests count as user already.
  const all = times.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { at: performance.now(), busy: (all - idle - iowait) / TICKS_PER_SECOND, processes };
}

/**
 * Shares of all processors between two readings: of all work, and of the processes whose command a pattern of each group fits;
 * the first group counts where several do.
 */
export function cpuBetween(
  before: CpuReading,
  after: CpuReading,
  groups: Readonly<Record<string, RegExp>>,
): { busy: number; groups: Record<string, number> } {
  const available = ((after.at - before.at) / 1_000) * availableParallelism();
  const shares = Object.fromEntries(Object.keys(groups).map((name) => [name, 0]));
  for (const [pid, { command, seconds }] of after.processes) {
    const name = Object.keys(groups).find((name) => groups[name]?.test(command));
    if (name === undefined) continue;
    shares[name] = (shares[name] ?? 0) + (seconds - (before.processes.get(pid)?.seconds ?? 0)) / available;
  }
  return { busy: (after.busy - before.busy) / available, groups: shares };
}
