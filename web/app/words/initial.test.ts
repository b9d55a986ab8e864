import { describe, expect, it } from 'vitest';
import { initial } from './initial.ts';

describe('initial', () => {
  it.each([
    ['friday night', 'F'],
    ['  été', 'É'],
    ['🎉 party', '🎉'],
    ['👩‍🚀 space', '👩‍🚀'],
    ['e\u0301te\u0301', 'E\u0301'],
    [' ', ''],
  ])('of %j is %j', (title, letter) => expect(initial(title)).toBe(letter));
});
