import { describe, expect, it } from 'vitest';
import { amfProblem, amfString } from './amf-guard.ts';

const STRING_AB = [2, 0, 2, 0x61, 0x62];
const END = [0, 0, 9];

function problem(...bytes: number[]): string | undefined {
  return amfProblem(Buffer.from(bytes));
}

describe('amfProblem', () => {
  it('finds nothing wrong with every kind of value', () => {
    const number = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    const object = [3, 0, 1, 0x6b, ...STRING_AB, ...END];
    const ecmaArray = [8, 0, 0, 0, 1, 0, 1, 0x6b, ...number, ...END];
    const strictArray = [10, 0, 0, 0, 2, 5, 6];
    const typed = [16, 0, 1, 0x63, 0, 1, 0x6b, 1, 1, ...END];
    const date = [11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const long = [12, 0, 0, 0, 1, 0x61, 15, 0, 0, 0, 1, 0x61];
    expect(problem(...STRING_AB, ...number, ...object, ...ecmaArray, ...strictArray, ...typed, ...date, ...long)).toBe(
      undefined,
    );
    expect(problem(10, 0, 0, 0, 0)).toBe(undefined);
    expect(problem()).toBe(undefined);
  });

  it.each([
    ['a string that is longer than the message', [2, 0, 9, 0x61], 'An AMF value is longer than its message.'],
    ['a string without its length', [2, 0], 'AMF marker 2 is unknown or cut short.'],
    ['an unknown marker', [0x11], 'AMF marker 17 is unknown or cut short.'],
    ['an object without an end', [3, 0, 1, 0x6b, 5], 'An AMF object has no end.'],
    ['a nameless property', [3, 0, 0, 5], 'An AMF object has a nameless property.'],
    ['a long name', [3, 9, 0, 5], 'An AMF name has 2304 bytes; at most 256 are taken.'],
    ['an array of fewer values than it says', [10, 0, 0, 0, 2, 5], 'An AMF value is missing.'],
    ['an array of four billion values', [10, 255, 255, 255, 255, 5], 'An AMF value is missing.'],
  ])('finds %s', (_name, bytes, sentence) => {
    expect(problem(...bytes)).toBe(sentence);
  });

  it('bounds depth and number of values', () => {
    const nested = Array.from({ length: 17 }, () => [10, 0, 0, 0, 1]).flat();
    expect(problem(...nested, 5)).toBe('AMF is nested deeper than 16 levels.');
    expect(problem(...nested.slice(5), 5)).toBe(undefined);
    expect(amfProblem(Buffer.alloc(4097, 5))).toBe('AMF holds more than 4096 values.');
  });

  it('answers in words to every truncation of an object', () => {
    const object = [3, 0, 1, 0x6b, ...STRING_AB, ...END];
    for (let length = 1; length < object.length; length++) {
      expect(problem(...object.slice(0, length))).toMatch(/^An? ?AMF|^AMF/);
    }
  });
});

describe('amfString', () => {
  it('reads a string, and nothing else', () => {
    expect(amfString(Buffer.from(STRING_AB), 0)).toBe('ab');
    expect(amfString(Buffer.from([2, 0, 3, 0x61]), 0)).toBe(undefined);
    expect(amfString(Buffer.from([5]), 0)).toBe(undefined);
  });
});
