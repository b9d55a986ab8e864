import { describe, expect, it } from 'vitest';
import { ago, behind, behindLive, countdown, duration, moment } from './times.ts';

describe('duration', () => {
  it.each([
    [0, '0 s'],
    [-3, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [12 * 60 + 30, '12 min'],
    [3600, '1 h'],
    [3600 + 12 * 60, '1 h 12 min'],
    [2 * 86_400 + 3 * 3600, '2 d 3 h'],
  ])('%d s is "%s"', (seconds, words) => expect(duration(seconds)).toBe(words));
});

describe('countdown', () => {
  it.each([
    [0, '0:00'],
    [8.2, '0:09'],
    [725, '12:05'],
    [3723, '1:02:03'],
    [86_400 + 5, '1 day 0:00:05'],
    [3 * 86_400, '3 days 0:00:00'],
  ])('%d s is "%s"', (seconds, words) => expect(countdown(seconds)).toBe(words));
});

describe('moment', () => {
  // Local times, as people read them.
  const now = new Date(2026, 10, 21, 14, 0).getTime();
  const at = (day: number, hours: number, minutes: number, month = 10, year = 2026) =>
    new Date(year, month, day, hours, minutes).getTime();
  it.each([
    [at(21, 20, 0), 'today 20:00'],
    [at(21, 9, 5), 'today 09:05'],
    [at(22, 0, 30), 'tomorrow 00:30'],
    [at(20, 23, 59), 'yesterday 23:59'],
    [at(27, 20, 0), 'Friday 20:00'],
    [at(12, 20, 0, 11), '12 December 20:00'],
    [at(12, 20, 0, 2, 2027), '12 March 2027 20:00'],
  ])('%d is "%s"', (date, words) => expect(moment(date, now)).toBe(words));
});

describe('ago and behind', () => {
  it('are short', () => {
    expect(ago(30)).toBe('just now');
    expect(ago(720)).toBe('12 min ago');
    expect(behind(0.78)).toBe('0.8 s');
    expect(behind(12.4)).toBe('12 s');
  });
});

describe('behindLive', () => {
  it.each([
    [0, 'Live'],
    [1, '1 second behind live'],
    [12, '12 seconds behind live'],
    [60, '1 minute behind live'],
    [125, '2 minutes 5 seconds behind live'],
  ])('%d s is "%s"', (seconds, words) => expect(behindLive(seconds)).toBe(words));
});
