import { expect, it } from 'vitest';
import { parseReloadQuery } from './blocking-reload.ts';

it.each([
  ['', { wanted: undefined, skip: false }],
  ['_HLS_msn=12', { wanted: { msn: 12, part: undefined }, skip: false }],
  ['_HLS_msn=12&_HLS_part=3&_HLS_skip=YES', { wanted: { msn: 12, part: 3 }, skip: true }],
  ['token=a%20b&_HLS_skip=v2', { wanted: undefined, skip: true }],
  ['_HLS_skip=NO', { wanted: undefined, skip: false }],
  ['_HLS_part=3', { problem: '_HLS_part needs _HLS_msn beside it.' }],
  ['_HLS_msn=1e3', { problem: '_HLS_msn must be a decimal number.' }],
  ['_HLS_msn=', { problem: '_HLS_msn must be a decimal number.' }],
  ['_HLS_msn=1&_HLS_part=0x1', { problem: '_HLS_part must be a decimal number.' }],
])('?%s', (query, parsed) => {
  expect(parseReloadQuery(query)).toEqual(parsed);
});
