import { expect, it } from 'vitest';
import { KeyHolders } from './key-holders.ts';

it('leaves a key to who had it first, until that one lets go of it', () => {
  const holders = new KeyHolders();
  expect(holders.claim('default/a', 'one')).toEqual({ usedBy: undefined, freed: false });
  expect(holders.claim('default/a', 'one')).toEqual({ usedBy: undefined, freed: false });
  expect(holders.claim('default/b', 'one')).toEqual({ usedBy: 'default/a', freed: false });
  expect(holders.holds('default/b')).toBe(false);
  expect(holders.claim('default/a', 'two')).toEqual({ usedBy: undefined, freed: true });
  expect(holders.claim('default/b', 'one')).toEqual({ usedBy: undefined, freed: false });
  expect(holders.claim('default/b', undefined)).toEqual({ usedBy: undefined, freed: true });
  expect([holders.release('default/a'), holders.release('default/a')]).toEqual([true, false]);
});
