import { expect, it } from 'vitest';
import { standbyOf } from './standby.ts';
import { liveStream, START } from './testing/world.ts';

const MINUTE = 60_000;
const nothing = { show: undefined, knockedAt: undefined, startedAt: undefined };
const ended = (endedAt: number) => ({ state: 'ended' as const, startedAt: endedAt - MINUTE, endedAt });
const cold = { standby: 'cold', idleAfter: '2m' };
const planned = (minutes: number) => ({ ...cold, startAt: new Date(START + minutes * MINUTE).toISOString() });

it.each([
  ['warm', {}, nothing, { wanted: true }],
  ['warm, its show over', {}, { ...nothing, show: ended(START - MINUTE) }, { wanted: true, until: START + 4 * MINUTE }],
  ['warm, its show long over', {}, { ...nothing, show: ended(START - 5 * MINUTE) }, { wanted: false }],
  ['cold', cold, nothing, { wanted: false }],
  ['cold, a knock', cold, { ...nothing, knockedAt: START }, { wanted: true, until: START + 2 * MINUTE }],
  ['cold, an old knock', cold, { ...nothing, knockedAt: START - 2 * MINUTE }, { wanted: false }],
  ['cold, pods just started', cold, { ...nothing, startedAt: START - MINUTE }, { wanted: true, until: START + MINUTE }],
  [
    'cold, a knock after a show',
    cold,
    { ...nothing, show: ended(START - 10 * MINUTE), knockedAt: START - MINUTE },
    { wanted: true, until: START + MINUTE },
  ],
  ['planned', planned(10), nothing, { wanted: false, until: START + 9 * MINUTE }],
  ['planned soon', planned(1), nothing, { wanted: true, until: START + 3 * MINUTE }],
  ['planned, nobody came', planned(-2), nothing, { wanted: false }],
  [
    'planned, and done',
    planned(-1),
    { ...nothing, show: ended(START - MINUTE / 2) },
    { wanted: true, until: START + 1.5 * MINUTE },
  ],
  [
    'planned for after the last show',
    planned(10),
    { ...nothing, show: ended(START - 9 * MINUTE) },
    { wanted: false, until: START + 9 * MINUTE },
  ],
])('%s', (_, spec, seen, standby) => {
  expect(standbyOf(liveStream(spec), seen, START)).toEqual(standby);
});
