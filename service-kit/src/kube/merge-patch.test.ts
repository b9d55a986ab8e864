import { describe, expect, it } from 'vitest';
import { mergePatch } from './merge-patch.ts';

describe('mergePatch', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['the same', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }, undefined],
    ['another value', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['a new field', { a: {} }, { a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }],
    ['a field that goes', { a: { b: 1, c: 2 } }, { a: { b: 1 } }, { a: { c: null } }],
    ['a field that is not set', { a: 1 }, { a: undefined }, { a: null }],
    ['a field that was never set', {}, { a: undefined }, undefined],
    ['a list, which is replaced whole', { a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }, { a: [1, { b: 3 }] }],
    ['a list in place of a set', { a: { b: 1 } }, { a: ['b'] }, { a: ['b'] }],
    ['a set in place of text', { a: 'x' }, { a: { b: 1 } }, { a: { b: 1 } }],
    ['an empty set, which is something', {}, { a: {} }, { a: {} }],
    ['a field with the name of a method', { a: 1 }, { a: 1, toString: 'x' }, { toString: 'x' }],
  ])('makes of %s what is to be sent', (_case, from, to, patch) => {
    expect(mergePatch(from, to)).toEqual(patch);
  });
});
