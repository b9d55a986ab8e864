import { expect, it } from 'vitest';
import { isSubset } from './is-subset.ts';

it.each([
  ['more fields', { a: 1 }, { a: 1, b: 2 }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a missing field', { a: { b: 1 } }, { a: {} }, false],
  ['an empty value that was left out', { a: '', b: 0, d: {}, e: [], f: { g: '' } }, {}, true],
  ['false that was taken away', { a: { b: false } }, { a: {} }, false],
  ['a value that was left out', { a: false, b: 'x' }, { a: false }, false],
  ['false that became true', { a: false }, { a: true }, false],
  ['none that became some', { replicas: 0 }, { replicas: 3 }, false],
  ['more items', [{ name: 'a' }], [{ name: 'b' }, { name: 'a', port: 1 }], true],
  ['a missing item', [{ name: 'a' }, { name: 'b' }], [{ name: 'b' }], false],
  ['words in another order', ['a', 'b'], ['b', 'a'], false],
  ['one word more', ['a'], ['a', 'b'], false],
  ['a list that is none', ['a'], 'a', false],
  ['an object that is none', { a: { b: 1 } }, { a: 'b' }, false],
  ['a quantity written otherwise', { limits: { cpu: '1000m' } }, { limits: { cpu: '1' } }, true],
  ['another quantity', { limits: { cpu: '1000m' } }, { limits: { cpu: '2' } }, false],
  ['a text that only looks like a quantity', { value: '1000m' }, { value: '1' }, false],
])('%s', (_, desired, observed, holds) => {
  expect(isSubset(desired, observed)).toBe(holds);
});
