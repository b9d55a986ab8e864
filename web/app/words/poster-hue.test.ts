import { describe, expect, it } from 'vitest';
import { posterHue } from './poster-hue.ts';

describe('posterHue', () => {
  it('is the same for a name, and far apart for similar names', () => {
    expect(posterHue('default/live')).toBe(posterHue('default/live'));
    const hues = new Set(Array.from({ length: 20 }, (_, n) => posterHue(`default/live-${n}`)));
    expect(hues.size).toBeGreaterThan(15);
    for (const hue of hues) expect(hue).toBeGreaterThanOrEqual(0);
  });
});
