import { describe, expect, it } from 'vitest';
import { ProgrammeClock } from './programme-clock.ts';

describe('ProgrammeClock', () => {
  it('knows nothing before the first playlist', () => {
    expect(new ProgrammeClock().age(0, 0)).toBeUndefined();
  });

  it.each([0, 3600, -3600])('tells delay from a clock that is %d s wrong', (skew) => {
    const clock = new ProgrammeClock();
    // Playlists arrive 0.02 to 0.3 s after their media was made.
    for (const [made, delay] of [
      [10, 0.3],
      [10.2, 0.02],
      [10.4, 0.15],
    ] as const) {
      clock.arrived(made + delay + skew, made);
    }
    // A picture of 9.8 seen at 10.6: 0.8 s, less the shortest way.
    expect(clock.age(10.6 + skew, 9.8)).toBeCloseTo(0.78, 5);
  });

  it('forgets after a while, so that clocks may drift', () => {
    const clock = new ProgrammeClock();
    clock.arrived(10, 10);
    clock.arrived(100.5, 100);
    expect(clock.age(101, 100)).toBeCloseTo(0.5, 5);
  });
});
