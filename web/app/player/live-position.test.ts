import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Listed } from './engine.ts';
import { LivePosition } from './live-position.ts';

describe('LivePosition', () => {
  const video = { currentTime: 13, playbackRate: 1 } as HTMLVideoElement;
  const engine = {
    video,
    listed: { start: 0, end: 14, complete: false } as Listed,
    bufferedEnd: 14,
    hasOwnLoader: true,
    seek: () => undefined,
  };
  let position: LivePosition;

  beforeEach(() => {
    vi.useFakeTimers();
    engine.listed = { start: 0, end: 14, complete: false };
    position = new LivePosition(engine);
    position.tick(true);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Paused, and asked ten times a second. */
  function wait(seconds: number, each: (second: number) => void = () => undefined): void {
    for (let tenths = 1; tenths <= seconds * 10; tenths += 1) {
      vi.advanceTimersByTime(100);
      each(tenths / 10);
      position.tick(false);
    }
  }

  it('offers what the server lists', () => {
    wait(30, (second) => (engine.listed = { start: second, end: 14 + second, complete: false }));
    expect(position.window).toEqual({ start: 30, live: 43, at: 13 });
  });

  it('offers nothing that the server has dropped since it was heard of last', () => {
    wait(2);
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
    wait(10);
    expect(position.window?.start).toBeCloseTo(9, 5);
    expect(position.window?.live).toBeCloseTo(22, 5);
    expect(position.isMomentGone).toBe(false);
    wait(10);
    expect(position.isMomentGone).toBe(true);
    expect(position.follow()).toBe(false);
    engine.listed = { start: 22, end: 36, complete: false };
    expect(position.window).toEqual({ start: 22, live: 35, at: 13 });
  });

  it('leaves a show that has ended where it is', () => {
    engine.listed = { ...engine.listed, complete: true };
    wait(30);
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
  });
});
