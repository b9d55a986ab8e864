import { expect, it } from 'vitest';
import { parseStreamName } from './stream-name.ts';

it('reads stream names', () => {
  expect(parseStreamName()).toEqual({ namespace: 'default', name: 'live' });
  expect(parseStreamName('show')).toEqual({ namespace: 'default', name: 'show' });
  expect(parseStreamName('team/show')).toEqual({ namespace: 'team', name: 'show' });
  expect(() => parseStreamName('a/b/c')).toThrow('"a/b/c" does not name a stream');
});
