import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in 1/100 s on every platform Debian ships (USER_HZ). */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  /** Processor seconds of the process itself. */
  readonly ownSeconds: number;
  /** Processor seconds of children that have ended and were waited for. */
  readonly reapedSeconds: number;
}

/** proc(5), /proc/pid/stat. The command stands in brackets and may hold spaces. */
function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  // A zombie has ended: only its parent has not looked yet.
  if (fields[0] === 'Z') return undefined;
  return {
    pid,
    parent: field(4),
    command: text.slice(text.indexOf('(') + 1, close),
    ownSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    reapedSeconds: (field(16) + field(17)) / TICKS_PER_SECOND,
  };
}

/** The process and all its living descendants. */
export function processTree(pid: number): ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined);
  const tree = all.filter((stat) => stat.pid === pid);
  for (let index = 0; index < tree.length; index += 1) {
    tree.push(...all.filter((stat) => stat.parent === tree[index]?.pid));
  }
  return tree;
}

/** Processor seconds (user and system) that a process and all its descendants have spent so far. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, stat) => sum + stat.ownSeconds + stat.reapedSeconds, 0);
}

/** Resident memory of one process alone, in bytes; 0 where it has ended. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, /^VmRSS:\s+([0-9]+) kB$/m);
}

/** The most that it ever was, since the process began; 0 where it has ended. */
export function mostResidentBytes(pid: number): number {
  return statusBytes(pid, /^VmHWM:\s+([0-9]+) kB$/m);
}

function statusBytes(pid: number, kilobytes: RegExp): number {
  try {
    return Number(kilobytes.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Resident memory of a process and its descendants, in bytes. */
export function residentBytesOfTree(pid: number): number {
  return processTree(pid).reduce((sum, stat) => sum + residentBytes(stat.pid), 0);
}

export function isRunning(pid: number): boolean {
  return readStat(pid) !== undefined;
}
