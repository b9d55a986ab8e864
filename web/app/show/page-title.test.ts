import { expect, it } from 'vitest';
import { pageTitle } from './page-title.ts';

it('names the show, and no show where there is none', () => {
  expect(pageTitle({ kind: 'loading' }, 'Friday night')).toBe('Friday night');
  expect(pageTitle({ kind: 'taken-down', began: true }, 'Friday night')).toBe('Friday night');
  expect(pageTitle({ kind: 'not-found' }, 'friday')).toBe('No show here');
});
