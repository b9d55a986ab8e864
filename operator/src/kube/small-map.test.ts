import { expect, it } from 'vitest';
import { NO_ENTRIES, withEntry, withoutEntry } from './small-map.ts';

it('puts what is set last, and leaves the map before as it was', () => {
  const one = withEntry(NO_ENTRIES, 'a', 1);
  const two = withEntry(one, 'b', 2);
  expect([...withEntry(two, 'a', 3)]).toEqual([
    ['b', 2],
    ['a', 3],
  ]);
  expect([...two.keys()]).toEqual(['a', 'b']);
  expect(NO_ENTRIES.size).toBe(0);
});

it('shares one map where there is nothing', () => {
  const one = withEntry(NO_ENTRIES, 'a', 1);
  expect(withoutEntry(one, 'b')).toBe(one);
  expect(withoutEntry(one, 'a')).toBe(NO_ENTRIES);
});
