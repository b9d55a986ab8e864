import { beforeEach, describe, expect, it } from 'vitest';
import { QuotaLine } from './quota-line.ts';

describe('the line of those who wait for room in a quota', () => {
  let pods = 0;
  let line: QuotaLine;
  beforeEach(() => {
    pods = 0;
    line = new QuotaLine(() => ({ 'small/pods': pods }));
  });
  const waits = (...names: string[]) => names.flatMap((name) => line.stands(name, 'waiting', 1));

  it('forgets who never lacked anything', () => {
    expect(line.stands('a/one', 'pending', 1)).toEqual([]);
    expect(line.stands('a/one', 'enough', 1)).toEqual([]);
    expect(line.turnOf('a/one', 1)).toBe('open');
    expect(line.next('a')).toEqual([]);
  });

  it('lets one after the other try, each until it has all, or nothing', () => {
    expect(waits('a/one', 'a/two')).toEqual(['a/one']);
    expect([line.turnOf('a/one', 1), line.turnOf('a/two', 1)]).toEqual(['try', 'wait']);
    expect(line.stands('a/one', 'pending', 1)).toEqual([]);
    expect(line.stands('a/one', 'lacking', 1)).toEqual([]);
    expect(line.stands('a/one', 'enough', 1)).toEqual(['a/two']);
    expect(line.turnOf('a/one', 1)).toBe('open');
  });

  it('tries no more after an attempt in vain until more is free than there was at its beginning', () => {
    pods = 1;
    expect(waits('a/one', 'a/two')).toEqual(['a/one']);
    pods = 0;
    expect(line.next('a')).toEqual([]);
    expect(line.stands('a/one', 'waiting', 1)).toEqual([]);
    pods = 1;
    expect(line.next('a')).toEqual([]);
    pods = 2;
    expect(line.next('a')).toEqual(['a/two']);
    expect(line.turnOf('a/one', 1)).toBe('wait');
  });

  it('tries when a limit is taken away', () => {
    waits('a/one');
    line.stands('a/one', 'waiting', 1);
    const other = new QuotaLine(() => (pods === 0 ? { 'small/pods': 0 } : {}));
    other.stands('a/one', 'waiting', 1);
    other.stands('a/one', 'waiting', 1);
    expect(other.next('a')).toEqual([]);
    pods = 1;
    expect(other.next('a')).toEqual(['a/one']);
  });

  it('tries when a quota has come since the last attempt, be it that it was deleted and made again', () => {
    let room: Record<string, number> = {};
    const other = new QuotaLine(() => room);
    expect(other.stands('a/one', 'waiting', 1)).toEqual(['a/one']);
    room = { 'small/pods': 0 };
    expect(other.stands('a/one', 'waiting', 1)).toEqual(['a/one']);
    expect(other.stands('a/one', 'waiting', 1)).toEqual([]);
    room = { 'small/pods': 2 };
    expect(other.next('a')).toEqual(['a/one']);
  });

  it('leaves what becomes free to who lacks something and gives nothing back', () => {
    line.stands('a/on-air', 'lacking', 1);
    expect(waits('a/one')).toEqual([]);
    expect(line.turnOf('a/on-air', 1)).toBe('open');
    expect(line.stands('a/on-air', 'enough', 1)).toEqual(['a/one']);
  });

  it('goes on where who tries is gone', () => {
    waits('a/one', 'a/two');
    expect(line.leave('a/one')).toEqual(['a/two']);
    expect(line.leave('a/two')).toEqual([]);
    expect(line.next('a')).toEqual([]);
  });

  it('gives the next turn to one with somebody at its door', () => {
    waits('a/one', 'a/two', 'a/three');
    line.hurry('a/three');
    expect(line.stands('a/one', 'enough', 1)).toEqual(['a/three']);
  });

  it('does not keep one waiting that was changed', () => {
    waits('a/one', 'a/two');
    expect(line.turnOf('a/two', 2)).toBe('open');
    line.stands('a/two', 'waiting', 2);
    expect(line.turnOf('a/two', 2)).toBe('wait');
  });

  it('is another one in another namespace', () => {
    expect(waits('a/one', 'b/one')).toEqual(['a/one', 'b/one']);
  });
});
