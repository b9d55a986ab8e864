import { describe, expect, it } from 'vitest';
import { firstNumbers } from './first-numbers.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('the first numbers of a show', () => {
  it('grow with the clock, by two a second', () => {
    const [now, later] = [firstNumbers(NOW, undefined), firstNumbers(NOW + 10_000, undefined)];
    expect(now).toEqual({ msn: 3_590_524_800, discontinuitySequence: 56_073_600 });
    expect(later).toEqual({ msn: now.msn + 20, discontinuitySequence: now.discontinuitySequence + 20 });
  });

  it('are higher than the last ones, whatever the clock says', () => {
    const last = { msn: 3_590_524_900, discontinuitySequence: 56_073_700 };
    expect(firstNumbers(NOW, last)).toEqual({ msn: 3_590_524_901, discontinuitySequence: 56_073_701 });
    expect(firstNumbers(0, undefined)).toEqual({ msn: 1, discontinuitySequence: 0 });
  });

  it('fit into 31 bits where players need that, for decades', () => {
    expect(firstNumbers(Date.UTC(2059, 0, 1), undefined).discontinuitySequence).toBeLessThan(2 ** 31);
  });
});
