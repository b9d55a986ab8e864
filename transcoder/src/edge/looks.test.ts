import { beforeEach, describe, expect, it } from 'vitest';
import { Looks } from './looks.ts';

let now: number;
let looks: Looks<{ id: string; sinceMs: number }>;
beforeEach(() => {
  now = 0;
  looks = new Looks({ unknownStreams: 2, lookups: { perSecond: 1, burst: 4 } }, () => now);
});

/** Whether a stream may be looked for, and instead of whom. */
function look(id: string): string | boolean {
  const { admitted, insteadOf } = looks.admit(id);
  if (!admitted) return false;
  if (insteadOf) looks.end(insteadOf.id);
  looks.begin({ id, sinceMs: now });
  return insteadOf?.id ?? true;
}
function findAndLetGo(...ids: string[]): void {
  for (const id of ids) {
    look(id);
    looks.reached(id);
    looks.letGo(id);
  }
}

describe('a stream that is looked for', () => {
  it('gives way when it was not found in a second', () => {
    expect([look('a'), look('b'), look('c')]).toEqual([true, true, false]);
    now = 1_000;
    expect([look('c'), look('d'), look('e')]).toEqual(['a', 'b', false]);
  });

  it('gives way at once to one that was reached before, and that one to none', () => {
    findAndLetGo('x', 'y', 'z');
    expect([look('x'), look('a')]).toEqual([true, true]);
    expect([look('y'), look('z')]).toEqual(['a', false]);
  });

  it('counts no longer as reached where it was looked for in vain', () => {
    findAndLetGo('x', 'y', 'z');
    now = 1_000;
    look('x');
    looks.end('x');
    expect([look('x'), look('y'), look('z')]).toEqual([true, true, 'x']);
  });

  it('counts as reached still where who asked for it left at once, and no longer where he waited in vain', () => {
    findAndLetGo('x', 'y', 'z');
    for (let time = 0; time < 9; time += 1) {
      now += 100;
      look('x');
      looks.leave('x');
    }
    now += 100;
    expect([look('x'), look('a'), look('y')]).toEqual([true, true, 'a']);
    now += 1_000;
    looks.leave('x');
    looks.end('y');
    expect([look('x'), look('a'), look('z')]).toEqual([true, true, 'x']);
  });

  it('is looked for ten times a second for nothing where it was reached before', () => {
    findAndLetGo('x', 'a', 'b', 'c');
    const again = () => {
      const admitted = look('x');
      looks.leave('x');
      return admitted;
    };
    expect([again(), again()]).toEqual([true, false]);
    now = 100;
    expect([again(), again()]).toEqual([true, false]);
  });

  it('costs nothing where it was reached before, and where there is no room', () => {
    findAndLetGo('x');
    expect([look('a'), look('b')]).toEqual([true, true]);
    for (let time = 0; time < 9; time += 1) expect(look('c')).toBe(false);
    looks.end('a');
    expect([look('x'), look('c')]).toEqual([true, false]);
    looks.end('b');
    expect(look('c')).toBe(true);
    looks.end('c');
    expect(look('d')).toBe(false);
  });

  it('is known for a second not to be there', () => {
    looks.isNone('a');
    expect(looks.isUnknown('a')).toBe(true);
    now = 1_000;
    expect(looks.isUnknown('a')).toBe(false);
  });
});
