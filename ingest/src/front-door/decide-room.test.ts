import { describe, expect, it } from 'vitest';
import { decideRoom, type Occupant } from './decide-room.ts';

const LIMITS = { maxPublishers: 8, maxHeld: 4 };
const WANTED = { namespace: 'ns', name: 'a' };

function publisher(name: string, isHeld: boolean): Occupant {
  const policy = { takeover: 'newest', reconnectGraceMs: 0, idleTimeoutMs: 0 } as const;
  return { grant: { admitted: true, stream: { namespace: 'ns', name }, uid: undefined, policy, keyHash: '' }, isHeld };
}
const held = (name: string) => publisher(name, true);
const spliced = (name: string) => publisher(name, false);
const STRANGER: Occupant = { grant: undefined, isHeld: false };
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));

describe('one more publisher of a stream', () => {
  it('finds room beside strangers and others', () => {
    expect(decideRoom(WANTED, [], LIMITS)).toEqual({});
    const others = [...times(5, () => STRANGER), spliced('a'), held('a'), ...times(3, (index) => held(`b${index}`))];
    expect(decideRoom(WANTED, others.slice(0, 9), LIMITS)).toEqual({});
  });

  it('takes the place of the one of its stream that is held longest, whatever else is full', () => {
    const oldest = held('a');
    const all = [spliced('a'), oldest, held('a'), ...times(3, (index) => held(`b${index}`))];
    expect(decideRoom(WANTED, all, LIMITS).replace).toBe(oldest);
  });

  it.each([
    ['too-many-publishers', 'its stream has only running ones', times(3, () => spliced('a'))],
    ['too-many-publishers', 'there are as many as may be', times(8, (index) => spliced(`b${index}`))],
    ['not-ready', 'as many are held as may be', times(4, (index) => held(`b${index}`))],
  ])('hears %s where %s', (code, _why, all) => {
    expect(decideRoom(WANTED, all, LIMITS).refuse?.code).toBe(code);
  });
});
