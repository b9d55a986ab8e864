import { describe, expect, it } from 'vitest';
import { firstNumbers } from './first-numbers.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('the first numbers of a show', () => {
  it('grow with the clock, by eight segments a second', () => {
    const [now, later] = [firstNumbers(NOW, NOW), firstNumbers(NOW + 10_000, NOW + 10_000)];
    expect(now).toEqual({ msn: 224_294_400, discontinuitySequence: 0 });
    expect(later).toEqual({ msn: now.msn + 80, discontinuitySequence: 0 });
  });

  it('count a discontinuity for each second that the show was on air before', () => {
    expect(firstNumbers(NOW, NOW - 3_600_000).discontinuitySequence).toBe(3_600);
    expect(firstNumbers(NOW, undefined).discontinuitySequence).toBe(0);
    // By the clock of another machine.
    expect(firstNumbers(NOW, NOW + 5_000).discontinuitySequence).toBe(0);
  });

  it('are higher than the last ones, whatever the clock says', () => {
    const last = { msn: 224_294_500, discontinuitySequence: 70, onAirSince: NOW };
    expect(firstNumbers(NOW, NOW, last)).toEqual({ msn: 224_294_501, discontinuitySequence: 71 });
    expect(firstNumbers(0, undefined)).toEqual({ msn: 1, discontinuitySequence: 0 });
  });

  it('have few discontinuities where another show begins, however many the last one had', () => {
    const last = { msn: 1, discontinuitySequence: 70, onAirSince: NOW - 100_000 };
    expect(firstNumbers(NOW, NOW, last).discontinuitySequence).toBe(0);
  });

  it('fit into 31 bits where players need that, for years', () => {
    expect(firstNumbers(Date.UTC(2034, 0, 1), undefined).msn).toBeLessThan(2 ** 31);
  });
});
