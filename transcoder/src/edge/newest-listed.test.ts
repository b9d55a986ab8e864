import { describe, expect, it } from 'vitest';
import { compareWanted, isListed, isNext, newestListed } from './newest-listed.ts';

const HEAD = '#EXTM3U\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6\n#EXT-X-MEDIA-SEQUENCE:7\n';
const part = (msn: number, index: number) => `#EXT-X-PART:DURATION=0.2,URI="${msn}.${index}.m4s",INDEPENDENT=YES\n`;
const segment = (msn: number) => `#EXTINF:2.00000,\n${msn}.m4s\n`;
const HINT = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="99.9.m4s"\n';

describe('the newest that a playlist lists', () => {
  it.each([
    ['a part', segment(7) + part(8, 0) + part(8, 1) + HINT, { msn: 8, part: 1, complete: false }],
    ['a whole segment', part(8, 0) + part(8, 1) + segment(8) + HINT, { msn: 8, part: 1, complete: true }],
    ['a gap', part(8, 0) + segment(8) + `#EXT-X-GAP\n${segment(9)}`, { msn: 9, part: -1, complete: true }],
  ])('%s', (_what, lines, newest) => {
    expect(newestListed(HEAD + lines)).toEqual(newest);
  });

  it('is all where nothing is held back', () => {
    const all = { msn: Infinity, part: Infinity, complete: true };
    expect(newestListed(`${HEAD}${segment(7)}#EXT-X-ENDLIST\n`)).toEqual(all);
    expect(newestListed(`#EXTM3U\n#EXT-X-SERVER-CONTROL:HOLD-BACK=6\n${segment(7)}`)).toEqual(all);
    expect(isListed(all, { msn: 999, part: 9 })).toBe(true);
  });

  it.each(['', 'hello', HEAD, `${HEAD}#EXTINF:2,\nother.ts\n`])('is nothing in %j', (playlist) => {
    expect(newestListed(playlist)).toBeUndefined();
  });
});

describe('what a request waits for', () => {
  const open = { msn: 8, part: 1, complete: false };
  const whole = { msn: 8, part: 9, complete: true };

  it.each([
    [open, '7', true, false],
    [open, '7.99', true, false],
    [open, '8', false, true],
    [open, '8.1', true, false],
    [open, '8.2', false, true],
    [open, '8.3', false, false],
    [open, '9', false, true],
    [open, '9.0', false, true],
    [open, '9.1', false, false],
    [open, '10', false, false],
    [whole, '8', true, false],
    [whole, '8.9', true, false],
    [whole, '8.10', false, true],
    [whole, '9.0', false, true],
    [whole, '9', false, true],
  ])('%j: %s is listed %s, next %s', (newest, wanted, listed, next) => {
    const [msn = NaN, index] = wanted.split('.').map(Number);
    expect(isListed(newest, { msn, part: index })).toBe(listed);
    if (!listed) expect(isNext(newest, { msn, part: index })).toBe(next);
  });

  it('is further ahead the later it comes', () => {
    const order = [
      { msn: 8, part: 2 },
      { msn: 8, part: 10 },
      { msn: 8, part: undefined },
      { msn: 9, part: 0 },
    ];
    expect([...order].reverse().sort(compareWanted)).toEqual(order);
  });
});
