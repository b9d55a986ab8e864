import { expect, it } from 'vitest';
import { ObjectTable } from './object-table.ts';
import { isLater } from './resource-version.ts';

const thing = (name: string, resourceVersion: string, side = 'left') => ({
  namespace: 'ns',
  name,
  resourceVersion,
  side,
});

it.each([
  ['10', '9', true],
  ['9', '10', false],
  ['10', '10', false],
  ['9007199254740993', '9007199254740992', true],
  ['1', '', true],
  ['', '1', false],
])('takes version %s for later than %s: %s', (version, than, expected) => {
  expect(isLater(version, than)).toBe(expected);
});

it('keeps the later version, whatever order they come in', () => {
  const table = new ObjectTable<ReturnType<typeof thing>>();
  expect(table.set(thing('a', '5'))).toEqual({ before: undefined, after: thing('a', '5') });
  expect(table.set(thing('a', '4', 'right'))).toBeUndefined();
  expect(table.set(thing('a', '5'))).toBeUndefined();
  expect(table.set(thing('a', '6', 'right'))?.before).toEqual(thing('a', '5'));
  expect(table.get('ns', 'a')?.side).toBe('right');
});

it('does not take away what was made after the deletion', () => {
  const table = new ObjectTable<ReturnType<typeof thing>>();
  table.set(thing('a', '7'));
  expect(table.delete('ns/a', '6')).toBeUndefined();
  expect(table.size).toBe(1);
  expect(table.delete('ns/a', '8')).toEqual({ before: thing('a', '7'), after: undefined });
  expect(table.delete('ns/a', '9')).toBeUndefined();
});

it('finds what belongs together', () => {
  const table = new ObjectTable<ReturnType<typeof thing>>(({ side }) => (side === 'none' ? undefined : side));
  for (const object of [thing('a', '1'), thing('b', '2'), thing('c', '3', 'none')]) table.set(object);
  const namesOf = (side: string) => table.group(side).map(({ name }) => name);
  expect(namesOf('left')).toEqual(['a', 'b']);
  expect(namesOf('none')).toEqual([]);
  table.set(thing('a', '4', 'right'));
  expect(namesOf('left')).toEqual(['b']);
  expect(namesOf('right')).toEqual(['a']);
  table.delete('ns/a', '5');
  expect(namesOf('right')).toEqual([]);
});
