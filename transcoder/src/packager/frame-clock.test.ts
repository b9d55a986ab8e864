import { describe, expect, it } from 'vitest';
import { FrameClock } from './frame-clock.ts';

function clockOf(declared: number | undefined, stamps: readonly number[]): FrameClock {
  const clock = new FrameClock(declared);
  for (const stamp of stamps) clock.push(stamp);
  return clock;
}

const stampsAt = (fps: number, count: number) => Array.from({ length: count }, (_, i) => Math.round((i * 1000) / fps));

describe('FrameClock', () => {
  it.each([24, 25, 30, 50, 60])('finds %i fps in stamps of whole milliseconds', (fps) => {
    const clock = clockOf(undefined, stampsAt(fps, 7));
    expect(clock.nominalMs).toBeCloseTo(1000 / fps, 6);
    expect(clock.steady).toBe(true);
  });

  it('believes what the stream declares where the frames agree', () => {
    expect(clockOf(29.97, stampsAt(29.97, 4)).nominalMs).toBeCloseTo(1000 / 29.97, 6);
    expect(clockOf(60, stampsAt(30, 4)).nominalMs).toBeCloseTo(1000 / 30, 6);
  });

  it.each([24, 25, 30, 50, 60, 72, 100, 120, 144, 240])('believes that it is %i fps in whole milliseconds', (fps) => {
    expect(clockOf(fps, stampsAt(fps, 20)).nominalMs).toBeCloseTo(1000 / fps, 6);
  });

  it('stays within what a frame can last, whatever is declared or stamped', () => {
    const everyMs = Array.from({ length: 20 }, (_, i) => i);
    expect(clockOf(2 ** 31, everyMs).nominalMs).toBeCloseTo(1000 / 300, 6);
    expect(clockOf(1e-9, [0, 2400, 4800]).nominalMs).toBe(2400);
    expect(clockOf(undefined, everyMs).nominalMs).toBeCloseTo(1000 / 300, 6);
    expect(clockOf(undefined, [0, 1e9, 2e9]).nominalMs).toBe(2500);
  });

  it('is unsteady while frames are missing, and steady again eight frames later', () => {
    const stamps = stampsAt(30, 30).filter((_, i) => i !== 12);
    expect(clockOf(30, stamps.slice(0, 13)).steady).toBe(false);
    expect(clockOf(30, stamps.slice(0, 21)).steady).toBe(true);
  });

  it('follows a rate that changes', () => {
    const clock = clockOf(undefined, stampsAt(60, 20));
    for (const stamp of stampsAt(30, 10)) clock.push(1000 + stamp);
    expect(clock.nominalMs).toBeCloseTo(1000 / 30, 6);
    expect(clock.steady).toBe(true);
  });

  it('does not count an interruption as an interval', () => {
    const clock = clockOf(30, stampsAt(30, 10));
    clock.interrupt();
    clock.push(5000);
    clock.push(5033);
    expect(clock.steady).toBe(true);
  });
});
