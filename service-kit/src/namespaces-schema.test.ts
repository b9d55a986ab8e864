import { describe, expect, it } from 'vitest';
import { namespacesSchema } from './namespaces-schema.ts';

describe('namespacesSchema', () => {
  it.each<[string | undefined, string[]]>([
    [undefined, []],
    ['', []],
    ['one', ['one']],
    [' one, two-2 ,,one', ['one', 'two-2']],
  ])('reads %j', (text, names) => {
    expect(namespacesSchema.parse(text)).toEqual(names);
  });

  it.each(['One', 'a b', '-a', 'a/b', '../x', 'x'.repeat(64)])('refuses %j', (text) => {
    expect(namespacesSchema.safeParse(text).success).toBe(false);
  });
});
