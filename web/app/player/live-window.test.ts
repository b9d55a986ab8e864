import { describe, expect, it } from 'vitest';
import { destination, isMomentGone, isNearLive, secondsBehind } from './live-window.ts';

const window = (at: number) => ({ start: 100, live: 114, at });

describe('a live window', () => {
  it('tells how far behind live a picture is, and never that it is ahead', () => {
    expect(secondsBehind(window(102))).toBe(12);
    expect(secondsBehind(window(114.2))).toBe(0);
    expect([isNearLive(window(113)), isNearLive(window(112))]).toEqual([true, false]);
  });

  it('lets a moment go when the show has moved on, but not for an inexact sum', () => {
    expect(isMomentGone(window(99.8))).toBe(false);
    expect(isMomentGone(window(99))).toBe(true);
  });

  it.each([
    [105, 105],
    [90, 100],
    [113, 'live'],
    [500, 'live'],
  ])('sends who asks for %d to %s', (wanted, to) => expect(destination(window(114), wanted)).toBe(to));

  it('of a show that has just begun is live everywhere', () => {
    expect(destination({ start: 0, live: 1, at: 1 }, -4)).toBe('live');
  });
});
