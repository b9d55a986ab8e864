import { expect, it } from 'vitest';
import { SegmentPlan } from './segment-plan.ts';

const start = (msn: number, startMs: number) => ({
  msn,
  startMs,
  discontinuity: false,
  discontinuitySequence: 0,
  programDateTimeMs: startMs,
});

it('finds the segment of a picture and of a number', () => {
  const plan = new SegmentPlan();
  expect(plan.at(0)).toBeUndefined();
  for (let i = 0; i < 300; i++) plan.add(start(1000 + i, i * 2000));
  expect(plan.at(599_000)?.msn).toBe(1299);
  expect(plan.at(597_999)?.msn).toBe(1298);
  expect(plan.get(1299)?.startMs).toBe(598_000);
  expect(plan.get(1300)).toBeUndefined();
  // Only the newest 256 are remembered.
  expect(plan.get(1043)).toBeUndefined();
  expect(plan.at(0)?.msn).toBe(1044);
});
