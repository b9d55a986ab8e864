import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 100;

/** Waits until the condition holds or the signal aborts. */
export async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !condition()) await delay(LOOK_MS, undefined, { signal }).catch(() => undefined);
}
