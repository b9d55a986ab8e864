import { describe, expect, it } from 'vitest';
import { quantityOf } from './quantity.ts';

it.each([
  ['250m', 0.25],
  ['2', 2],
  ['0.5', 0.5],
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['1k', 1000],
  ['1e3', 1000],
  ['1E3', 1000],
  ['2E', 2e18],
  ['.5', 0.5],
  ['0.0000000001', 1e-9],
  ['12x', undefined],
  ['', undefined],
  ['.', undefined],
  ['1K', undefined],
  ['Mi', undefined],
  ['1.2.3', undefined],
])('%s', (text, amount) => {
  expect(quantityOf(text)).toBe(amount);
});

describe('what the API server makes of it is the same', () => {
  it('for each hundredth up to 16', () => {
    for (let hundredths = 1; hundredths <= 1_600; hundredths += 1) {
      const text = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
      expect(quantityOf(text)).toBe(quantityOf(`${hundredths * 10}m`));
      // 0.7Gi comes back as 751619276800m.
      expect(quantityOf(`${text}Gi`)).toBe(quantityOf(`${(BigInt(hundredths) * 10n) << 30n}m`));
    }
  });
});
