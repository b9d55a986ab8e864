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
    look('x');
    looks.end('x');
    expect([look('x'), look('y'), look('z')]).toEqual([true, true, 'x']);
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
