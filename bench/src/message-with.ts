import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** The next message of a child that has this field: the value of it. */
export async function messageWith<T>(child: ChildProcess, name: string): Promise<T> {
  for (;;) {
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Record<string, T>];
    const value = message[name];
    if (value !== undefined) return value;
  }
}
