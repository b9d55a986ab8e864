import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { merged } from './merged.ts';

/** Brings values, counting how many were asked for, and says when it was ended. */
function source<T>(
  values: readonly T[],
  end: { asked: number; ended: boolean; waits?: Promise<unknown> },
  everyMs = 0,
) {
  return (async function* () {
    try {
      for (const value of values) {
        end.asked += 1;
        await sleep(everyMs);
        yield value;
      }
      await end.waits;
    } finally {
      end.ended = true;
    }
  })();
}
const state = () => ({ asked: 0, ended: false });

describe('merged', () => {
  it('brings everything of all, each in its order', async () => {
    const brought: string[] = [];
    for await (const value of merged([source(['a1', 'a2', 'a3'], state(), 3), source(['b1', 'b2'], state(), 2)])) {
      brought.push(value);
    }
    expect(brought.filter((value) => value.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(brought.filter((value) => value.startsWith('b'))).toEqual(['b1', 'b2']);
  });

  it('reads no further ahead than one value of each', async () => {
    const ends = [state(), state()];
    const values = Array.from({ length: 100 }, (_, n) => n);
    const reading = merged(ends.map((end) => source(values, end)));
    await reading.next();
    await sleep(20);
    expect(ends.map(({ asked }) => asked).every((asked) => asked <= 3)).toBe(true);
    await reading.return(undefined);
  });

  it('fails with the first that fails', async () => {
    const failing = (async function* () {
      yield 'x';
      throw new Error('broken');
    })();
    const reading = merged([failing, source([], { ...state(), waits: new Promise(() => undefined) })]);
    expect(await reading.next()).toEqual({ done: false, value: 'x' });
    await expect(reading.next()).rejects.toThrow('broken');
  });

  it('ends what waits to be taken when its reader goes', async () => {
    const ends = [state(), state()];
    for await (const _value of merged(ends.map((end) => source(['1', '2', '3'], end)))) {
      await sleep(10);
      break;
    }
    await sleep(10);
    expect(ends.map(({ ended }) => ended)).toEqual([true, true]);
  });
});
