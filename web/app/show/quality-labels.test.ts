import { describe, expect, it } from 'vitest';
import { qualityLabels } from './quality-labels.ts';

describe('qualityLabels', () => {
  it('names the best after its source and the others by height', () => {
    const levels = [
      { id: 'b', height: 480, bandwidth: 1_200_000 },
      { id: 'a', height: 720, bandwidth: 2_600_000 },
    ];
    expect(qualityLabels(levels)).toEqual([
      { id: 'a', label: 'Source (720p)' },
      { id: 'b', label: '480p' },
    ]);
  });
  it('tells levels of one height apart', () => {
    const labels = qualityLabels([
      { id: 'a', height: 720, bandwidth: 6_000_000 },
      { id: 'b', height: 480, bandwidth: 1_200_000 },
      { id: 'c', height: 480, bandwidth: 600_000 },
    ]).map(({ label }) => label);
    expect(labels).toEqual(['Source (720p)', '480p, 1.2 Mbit/s', '480p, 0.6 Mbit/s']);
  });
});
