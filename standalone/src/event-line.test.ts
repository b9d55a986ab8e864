import { expect, it } from 'vitest';
import { eventLine } from './event-line.ts';

it('says when, of which stream and what', () => {
  const stream = { namespace: 'default', name: 'live' };
  expect(eventLine(stream, 'The show is on air.', new Date(2026, 0, 2, 20, 15))).toBe(
    '20:15:00 default/live: The show is on air.\n',
  );
});
