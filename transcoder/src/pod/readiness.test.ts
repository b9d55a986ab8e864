import type { TranscoderState } from '@showrunner/service-kit';
import { expect, it } from 'vitest';
import { notReady, notServing } from './readiness.ts';

const NONE: TranscoderState = { show: 'none' };
const STARTED: TranscoderState = { show: 'running' };
const PLAYABLE: TranscoderState = { show: 'running', firstMediaSeconds: 0.3 };
const ENDED: TranscoderState = { show: 'ended' };
const SINCE = Date.parse('2026-01-02T03:04:05.000Z');

it.each([
  ['no files', undefined, undefined, undefined, 'The files of the stream'],
  ['no link', undefined, NONE, undefined, 'The link to ingest is not there yet'],
  ['no show', 'off', NONE, undefined, undefined],
  ['a publisher that has sent nothing', 'expected', NONE, undefined, undefined],
  ['a show without media', 'live', STARTED, undefined, 'of which nothing has come'],
  ['a show whose publisher is away', 'reconnecting', NONE, undefined, 'of which nothing has come'],
  ['a show with media', 'live', PLAYABLE, undefined, undefined],
  ['a show with media whose publisher is away', 'reconnecting', PLAYABLE, undefined, undefined],
  ['a show of which the ingest knows nothing', 'off', NONE, SINCE, 'of which nothing has come'],
  ['a show whose publisher comes back to another ingest', 'expected', NONE, SINCE, 'of which nothing has come'],
  ['a show that another ingest lost, and its media', 'off', PLAYABLE, SINCE, undefined],
  ['a show that has ended, of which the files do not know yet', 'off', ENDED, SINCE, undefined],
] as const)('with %s', (_what, link, show, onAirSince, problem) => {
  const told = notServing(link, show, onAirSince);
  if (problem === undefined) expect(told).toBe(undefined);
  else expect(told).toContain(problem);
});

it('is ready before it serves where no other pod can have a show', () => {
  const PROBLEM = 'The link to ingest is not there yet.';
  expect(notReady(PROBLEM, NONE, undefined)).toBe(undefined);
  expect(notReady(PROBLEM, NONE, SINCE)).toBe(PROBLEM);
  expect(notReady(PROBLEM, undefined, undefined)).toBe(PROBLEM);
  expect(notReady(undefined, PLAYABLE, SINCE)).toBe(undefined);
});
