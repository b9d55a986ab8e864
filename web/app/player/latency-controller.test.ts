import { describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS, LatencyController } from './latency-controller.ts';

const TICK = 0.1;

interface Sample {
  readonly at: number;
  /** Seconds between the newest media at its source and the playhead. */
  readonly latency: number;
  readonly rate: number;
}

/**
 * Plays parts that are made every `part` seconds and arrive `delay(time made)` later, in order, with the controller
 * at the wheel. `loss(now)` takes seconds off the playhead, as a viewer's own pause would.
 */
function play(options: {
  seconds: number;
  part: number;
  delay: (made: number) => number;
  loss?: (now: number) => number;
}): { samples: Sample[]; stalls: number[]; jumps: number; rateChanges: number } {
  const { seconds, part, delay, loss = () => 0 } = options;
  const controller = new LatencyController();
  const samples: Sample[] = [];
  const stalls: number[] = [];
  let [currentTime, bufferedEnd, made, rate, jumps, rateChanges] = [0, 0, part, 1, 0, 0];
  let stalled = true;
  let started = false;
  let lastArrival = 0;
  let nextTick = 0;
  const step = 0.01;
  for (let now = 0; now < seconds; now += step) {
    for (;;) {
      const arrival = Math.max(lastArrival, made + delay(made));
      if (arrival > now) break;
      lastArrival = arrival;
      controller.appended(now, currentTime, made, true);
      bufferedEnd = made;
      made = Number((made + part).toFixed(6));
    }
    currentTime -= loss(now);
    if (stalled && bufferedEnd - currentTime > 0.3) {
      stalled = false;
      started = true;
    }
    if (!stalled) currentTime = Math.min(bufferedEnd, currentTime + rate * step);
    if (!stalled && bufferedEnd - currentTime < 1e-6) {
      stalled = true;
      if (started) {
        stalls.push(now);
        controller.stalled(now);
      }
    }
    if (now >= nextTick && started) {
      nextTick += TICK;
      if (stalled) continue;
      const action = controller.tick(now, currentTime);
      if (action.jumpTo !== undefined) {
        jumps += 1;
        currentTime = Math.min(bufferedEnd, action.jumpTo);
      }
      if (action.playbackRate !== rate) rateChanges += 1;
      rate = action.playbackRate;
      samples.push({ at: now, latency: now - currentTime, rate });
    }
  }
  return { samples, stalls, jumps, rateChanges };
}

const after = (samples: Sample[], from: number, to = Infinity) => samples.filter(({ at }) => at >= from && at < to);
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** The same numbers in every run (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('LatencyController', () => {
  it('rests until it knows how media arrives', () => {
    const controller = new LatencyController();
    expect(controller.tick(0, 0)).toEqual({ playbackRate: 1, jumpTo: undefined });
    controller.appended(0, 0, 1, true);
    expect(controller.tick(0.1, 0.1)).toEqual({ playbackRate: 1, jumpTo: undefined });
  });

  it('joins at its place in one jump, not over many seconds', () => {
    const controller = new LatencyController();
    // Two seconds were there before; then a part every 0.2 s.
    controller.appended(10, 0, 1.8, false);
    controller.appended(10.01, 0, 2, true);
    controller.appended(10.21, 0.2, 2.2, true);
    const { jumpTo } = controller.tick(10.21, 0.2);
    // Just before the append at 10.21 the buffer ended at 2.0: there the margin should have been left.
    expect(jumpTo).toBeCloseTo(2 - DEFAULT_OPTIONS.margin, 5);
  });

  it('plays steady parts of 200 ms at margin plus one part behind, at rate 1', () => {
    const { samples, stalls, rateChanges } = play({ seconds: 120, part: 0.2, delay: () => 0.05 });
    const settled = after(samples, 20);
    expect(stalls).toEqual([]);
    // Newest media is between `delay` and `delay + part` old; the margin is left at its oldest.
    expect(mean(settled.map(({ latency }) => latency))).toBeCloseTo(0.05 + 0.2 + DEFAULT_OPTIONS.margin, 1);
    expect(new Set(after(samples, 40).map(({ rate }) => rate))).toEqual(new Set([1]));
    expect(rateChanges).toBeLessThan(20);
  });

  it('is closer with shorter parts', () => {
    const { samples, stalls } = play({ seconds: 60, part: 0.1, delay: () => 0.05 });
    expect(stalls).toEqual([]);
    expect(mean(after(samples, 20).map(({ latency }) => latency))).toBeLessThan(0.6);
  });

  it('retreats from a network that delays 0 to 300 ms at random, without a stall after the first minute', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const next = random(seed);
      const { samples, stalls } = play({ seconds: 300, part: 0.2, delay: () => 0.05 + 0.6 * next() });
      expect(stalls.filter((at) => at > 60)).toEqual([]);
      expect(mean(after(samples, 60).map(({ latency }) => latency))).toBeLessThan(1.8);
    }
  });

  it('is back within two minutes of calm', () => {
    const next = random(9);
    const { samples, stalls } = play({
      seconds: 300,
      part: 0.2,
      delay: (made) => (made < 120 ? 0.05 + 0.6 * next() : 0.05),
    });
    expect(stalls.filter((at) => at > 60)).toEqual([]);
    const calm = mean(after(samples, 240).map(({ latency }) => latency));
    expect(calm).toBeLessThan(0.05 + 0.2 + DEFAULT_OPTIONS.margin + 0.1);
  });

  it('survives a network that pauses for a second now and then, after the first time', () => {
    const { stalls } = play({
      seconds: 100,
      part: 0.2,
      delay: (made) => (made % 10 < 0.2 && made > 5 ? 1 : 0.05),
    });
    expect(stalls.filter((at) => at > 15)).toEqual([]);
  });

  it('catches up gently when a little behind, and jumps when far', () => {
    const little = play({
      seconds: 90,
      part: 0.2,
      delay: () => 0.05,
      loss: (now) => (Math.abs(now - 20) < 0.005 ? 2 : 0),
    });
    expect(little.jumps).toBeLessThanOrEqual(1);
    expect(Math.max(...after(little.samples, 20).map(({ rate }) => rate))).toBe(DEFAULT_OPTIONS.maxRate);
    expect(mean(after(little.samples, 80).map(({ latency }) => latency))).toBeLessThan(0.75);
    const far = play({
      seconds: 60,
      part: 0.2,
      delay: () => 0.05,
      loss: (now) => (Math.abs(now - 20) < 0.005 ? 8 : 0),
    });
    expect(mean(after(far.samples, 22, 30).map(({ latency }) => latency))).toBeLessThan(0.75);
  });

  it('keeps its rates within bounds and changes them in small steps', () => {
    const next = random(4);
    const { samples } = play({ seconds: 200, part: 0.2, delay: () => 0.05 + 0.4 * next() });
    for (const { rate } of samples) {
      expect(rate).toBeGreaterThanOrEqual(DEFAULT_OPTIONS.minRate);
      expect(rate).toBeLessThanOrEqual(DEFAULT_OPTIONS.maxRate);
    }
  });

  it('wants more margin after a stall, and gives it back in calm', () => {
    const controller = new LatencyController();
    controller.appended(0, 0, 1, true);
    controller.appended(0.2, 0.2, 1.2, true);
    controller.stalled(0.2);
    expect(controller.margin).toBeCloseTo(DEFAULT_OPTIONS.margin + 0.15, 5);
    for (let now = 0.3; now < 60; now += 0.1) controller.tick(now, now);
    expect(controller.margin).toBe(DEFAULT_OPTIONS.margin);
  });
});
