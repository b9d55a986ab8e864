import { expect, it } from 'vitest';
import { eventLine } from './event-line.ts';

it('says when, of which stream and what', () => {
  const event = { type: 'Normal', reason: 'ShowStarted', message: 'The show is on air.' } as const;
  expect(eventLine({ namespace: 'default', name: 'live' }, event, new Date(2026, 0, 2, 20, 15))).toBe(
    '20:15:00 default/live: The show is on air.\n',
  );
});
