import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 200;

export interface DrainOptions {
  readonly isRunning: () => boolean;
  /** How long a running show is waited for, in milliseconds. */
  readonly drainMs: number;
  /** How much longer the end of the last show has to be there to be read; asked once none is running. */
  readonly lingerMs: () => number;
}

/**
 * Waits while a show is running, and then until its viewers know that it is over.
 * @returns `left` where it runs on, so that another process has to go on with it.
 */
export async function drain({ isRunning, drainMs, lingerMs }: DrainOptions): Promise<'over' | 'left'> {
  const deadline = performance.now() + drainMs;
  while (isRunning()) {
    const left = deadline - performance.now();
    if (left <= 0) return 'left';
    await sleep(Math.min(LOOK_MS, left));
  }
  await sleep(lingerMs());
  return 'over';
}
