import { describe, expect, it } from 'vitest';
import { BudgetShare, ByteBudget } from './byte-budget.ts';

describe('room for all bodies together', () => {
  /** The names of those that gave way, in order. */
  const gone: string[] = [];
  const body = (name: string) => ({ giveWay: () => void gone.push(name) });

  it('is taken from the stream that has most of it, its largest body first', () => {
    const budget = new ByteBudget(100);
    const [greedy, modest] = [new BudgetShare(budget), new BudgetShare(budget)];
    expect([greedy.take(body('small'), 30), greedy.take(body('large'), 60)]).toEqual([true, true]);
    expect(modest.take(body('one'), 10)).toBe(true);
    expect(gone).toEqual([]);
    expect(modest.take(body('two'), 20)).toBe(true);
    expect(gone).toEqual(['large']);
    expect([greedy.taken, modest.taken]).toEqual([30, 30]);
  });

  it('is not taken from who has less', () => {
    const budget = new ByteBudget(100);
    const [one, other] = [new BudgetShare(budget), new BudgetShare(budget)];
    const first = body('first');
    expect(one.take(first, 60)).toBe(true);
    expect(other.take(body('second'), 60)).toBe(false);
    expect([one.taken, other.taken]).toEqual([60, 0]);
    one.release(first);
    one.release(first);
    expect(other.take(body('second'), 100)).toBe(true);
  });
});
