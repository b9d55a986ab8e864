import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Listed } from './engine.ts';
import { LivePosition } from './live-position.ts';

describe('LivePosition', () => {
  const video = { currentTime: 13, playbackRate: 1, paused: true };
  const engine = {
    video: video as HTMLVideoElement,
    listed: { start: 0, end: 14, complete: false, answersWithin: 10 } as Listed,
    bufferedEnd: 14,
    hasOwnLoader: true,
    seek: () => undefined,
  };
  let position: LivePosition;

  beforeEach(() => {
    vi.useFakeTimers();
    engine.hasOwnLoader = true;
    video.paused = true;
    engine.listed = { start: 0, end: 14, complete: false, answersWithin: 10 };
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
    wait(30, (second) => (engine.listed = { start: second, end: 14 + second, complete: false, answersWithin: 10 }));
    expect(position.window).toEqual({ start: 30, live: 43, at: 13 });
  });

  it('offers nothing that the server has dropped since it was heard of last', () => {
    wait(9);
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
    wait(3);
    expect(position.window?.start).toBeCloseTo(12, 5);
    expect(position.window?.live).toBeCloseTo(25, 5);
    expect(position.isMomentGone).toBe(false);
    wait(10);
    expect(position.isMomentGone).toBe(true);
    expect(position.follow()).toBe(false);
    engine.listed = { start: 22, end: 36, complete: false, answersWithin: 10 };
    expect(position.window).toEqual({ start: 22, live: 35, at: 13 });
  });

  it('stays with a show that is heard of and does not go on: its transcoder is away', () => {
    wait(60, (second) => {
      if (second % 9 === 0) position.reloadAnswered();
    });
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
    expect(position.isMomentGone).toBe(false);
    expect(position.follow()).toBe(true);
  });

  it('believes what a browser lists that plays HLS by itself, until it is paused', () => {
    engine.hasOwnLoader = false;
    engine.listed = { start: 0, end: 14, complete: false };
    video.paused = false;
    wait(30);
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
    video.paused = true;
    wait(12);
    expect(position.window?.start).toBeCloseTo(12, 5);
  });

  it('leaves a show that has ended where it is', () => {
    engine.listed = { ...engine.listed, complete: true };
    wait(30);
    expect(position.window).toEqual({ start: 0, live: 13, at: 13 });
  });
});
