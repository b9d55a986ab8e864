import { expect, it } from 'vitest';
import { parseRange, sliceBuffers } from './byte-range.ts';

it.each([
  [undefined, { kind: 'whole' }],
  ['bytes=0-9', { kind: 'part', first: 0, last: 9 }],
  ['bytes=90-', { kind: 'part', first: 90, last: 99 }],
  ['bytes=90-500', { kind: 'part', first: 90, last: 99 }],
  ['bytes=-7', { kind: 'part', first: 93, last: 99 }],
  ['bytes=-700', { kind: 'part', first: 0, last: 99 }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=9-3', { kind: 'whole' }],
  ['bytes=0-1,5-6', { kind: 'whole' }],
  ['bytes=-', { kind: 'whole' }],
  ['pages=1-2', { kind: 'whole' }],
])('Range: %s of 100 bytes', (header, range) => {
  expect(parseRange(header, 100)).toEqual(range);
});

it('slices across buffers', () => {
  const buffers = [Buffer.from('abc'), Buffer.from('defg'), Buffer.from('h')];
  expect(sliceBuffers(buffers, 2, 4).map(String)).toEqual(['c', 'de']);
  expect(sliceBuffers(buffers, 0, 7).map(String)).toEqual(['abc', 'defg', 'h']);
  expect(sliceBuffers(buffers, 7, 7).map(String)).toEqual(['h']);
});
