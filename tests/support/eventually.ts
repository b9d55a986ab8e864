import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The first value of `read` that is not undefined, null or false. Throws after `timeoutMs`, naming what was awaited and
 * the last error.
 */
export async function eventually<T>(
  what: string,
  read: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { timeoutMs = 15_000, everyMs = 100 } = options;
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await read();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${timeoutMs / 1000} s in vain for: ${what} (last: ${String(last)})`);
    }
    await sleep(everyMs);
  }
}
