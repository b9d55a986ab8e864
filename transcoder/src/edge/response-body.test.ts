import { describe, expect, it } from 'vitest';
import { ByteBudget, ResponseBody } from './response-body.ts';

const KIB = 1024;

describe('the body of an answer', () => {
  it('is what came, in a buffer of its size', () => {
    const body = new ResponseBody(100 * KIB, new ByteBudget(100 * KIB));
    const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(1_000, index));
    for (const chunk of chunks) expect(body.add(chunk)).toBeUndefined();
    const whole = body.whole();
    expect([whole.equals(Buffer.concat(chunks)), whole.buffer.byteLength]).toEqual([true, 50_000]);
  });

  it('takes as much as was told, and no more', () => {
    const budget = new ByteBudget(100 * KIB);
    const body = new ResponseBody(100 * KIB, budget);
    expect(body.reserve(60 * KIB)).toBeUndefined();
    expect(body.add(Buffer.alloc(60 * KIB))).toBeUndefined();
    expect([budget.take(40 * KIB + 1), budget.take(40 * KIB), budget.isSpent]).toEqual([false, true, true]);
  });

  it('is not larger than it may be, told or not', () => {
    const body = new ResponseBody(20 * KIB, new ByteBudget(100 * KIB));
    expect(body.reserve(20 * KIB + 1)).toBe('EMSGSIZE');
    expect(body.add(Buffer.alloc(20 * KIB))).toBeUndefined();
    expect(body.add(Buffer.alloc(1))).toBe('EMSGSIZE');
  });

  it('shares its room with all others until it is released', () => {
    const budget = new ByteBudget(64 * KIB);
    const [one, other] = [new ResponseBody(64 * KIB, budget), new ResponseBody(64 * KIB, budget)];
    expect(one.add(Buffer.alloc(40 * KIB))).toBeUndefined();
    expect(other.add(Buffer.alloc(40 * KIB))).toBe('ENOBUFS');
    one.release();
    one.release();
    expect(other.add(Buffer.alloc(40 * KIB))).toBeUndefined();
  });
});
