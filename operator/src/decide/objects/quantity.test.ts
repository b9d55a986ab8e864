import { expect, it } from 'vitest';
import { quantityOf } from './quantity.ts';

it.each([
  ['250m', 0.25],
  ['2', 2],
  ['0.5', 0.5],
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['1k', 1000],
  ['1e3', 1000],
  ['12x', undefined],
  ['', undefined],
  ['Mi', undefined],
  ['1.2.3', undefined],
])('%s', (text, amount) => {
  expect(quantityOf(text)).toBe(amount);
});
