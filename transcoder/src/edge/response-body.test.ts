import { describe, expect, it } from 'vitest';
import { BudgetShare, ByteBudget } from './byte-budget.ts';
import { ResponseBody } from './response-body.ts';

const KIB = 1024;
const bodyOf = (mostBytes: number, share = new BudgetShare(new ByteBudget(100 * KIB))) =>
  new ResponseBody(mostBytes, share, () => undefined);

describe('the body of an answer', () => {
  it('is what came, in a buffer of its size', () => {
    const body = bodyOf(100 * KIB);
    const chunks = Array.from({ length: 50 }, (_, index) => Buffer.alloc(1_000, index));
    for (const chunk of chunks) expect(body.add(chunk)).toBeUndefined();
    const whole = body.whole();
    expect([whole.equals(Buffer.concat(chunks)), whole.buffer.byteLength]).toEqual([true, 50_000]);
  });

  it('takes room for what came, not for what was announced', () => {
    const share = new BudgetShare(new ByteBudget(100 * KIB));
    const body = bodyOf(100 * KIB, share);
    expect(body.announce(60 * KIB)).toBeUndefined();
    expect(share.taken).toBe(0);
    expect(body.add(Buffer.alloc(10 * KIB))).toBeUndefined();
    expect(share.taken).toBe(16 * KIB);
    expect(body.add(Buffer.alloc(50 * KIB))).toBeUndefined();
    expect(share.taken).toBe(60 * KIB);
    body.release();
    expect(share.taken).toBe(0);
  });

  it('is not larger than it may be, announced or not', () => {
    const body = bodyOf(20 * KIB);
    expect(body.announce(20 * KIB + 1)).toBe('EMSGSIZE');
    expect(body.add(Buffer.alloc(20 * KIB))).toBeUndefined();
    expect(body.add(Buffer.alloc(1))).toBe('EMSGSIZE');
  });

  it('shares its room with all others until it is released', () => {
    const share = new BudgetShare(new ByteBudget(64 * KIB));
    const [one, other] = [bodyOf(64 * KIB, share), bodyOf(64 * KIB, share)];
    expect(one.add(Buffer.alloc(40 * KIB))).toBeUndefined();
    expect(other.add(Buffer.alloc(40 * KIB))).toBe('ENOBUFS');
    one.release();
    one.release();
    expect(other.add(Buffer.alloc(40 * KIB))).toBeUndefined();
  });
});
