import { describe, expect, it } from 'vitest';
import { firstNumbers } from './first-numbers.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('the first numbers of a show', () => {
  it('grow with the clock, by eight segments and two discontinuities a second', () => {
    const [now, later] = [firstNumbers(NOW, undefined), firstNumbers(NOW + 10_000, undefined)];
    expect(now).toEqual({ msn: 224_294_400, discontinuitySequence: 56_073_600 });
    expect(later).toEqual({ msn: now.msn + 80, discontinuitySequence: now.discontinuitySequence + 20 });
  });

  it('are higher than the last ones, whatever the clock says', () => {
    const last = { msn: 224_294_500, discontinuitySequence: 56_073_700 };
    expect(firstNumbers(NOW, last)).toEqual({ msn: 224_294_501, discontinuitySequence: 56_073_701 });
    expect(firstNumbers(0, undefined)).toEqual({ msn: 1, discontinuitySequence: 0 });
  });

  it('fit into 31 bits where players need that, for years', () => {
    expect(firstNumbers(Date.UTC(2034, 0, 1), undefined).msn).toBeLessThan(2 ** 31);
    expect(firstNumbers(Date.UTC(2059, 0, 1), undefined).discontinuitySequence).toBeLessThan(2 ** 31);
  });
});
