import type { TranscoderState } from '@showrunner/service-kit';
import { expect, it } from 'vitest';
import { notReady } from './readiness.ts';

const NONE: TranscoderState = { show: 'none' };
const STARTED: TranscoderState = { show: 'running' };
const PLAYABLE: TranscoderState = { show: 'running', firstMediaSeconds: 0.3 };

it.each([
  ['no files', undefined, undefined, 'The files of the stream'],
  ['no link', undefined, NONE, 'The link to ingest is not there yet'],
  ['no show', 'off', NONE, undefined],
  ['a publisher that has sent nothing', 'expected', NONE, undefined],
  ['a show without media', 'live', STARTED, 'of which nothing has come'],
  ['a show whose publisher is away', 'reconnecting', NONE, 'of which nothing has come'],
  ['a show with media', 'live', PLAYABLE, undefined],
  ['a show with media whose publisher is away', 'reconnecting', PLAYABLE, undefined],
] as const)('with %s', (_what, link, show, problem) => {
  const told = notReady(link, show);
  if (problem === undefined) expect(told).toBe(undefined);
  else expect(told).toContain(problem);
});
