import { liveStreamSchema } from '@showrunner/crds';
import { expect, it } from 'vitest';
import { asStopped } from './get.ts';

it('tells of a show that was on air when the server was killed as of one that has ended', () => {
  const condition = (type: string) => ({
    ...{ type, status: 'True' as const, reason: 'So', message: 'It is so.' },
    lastTransitionTime: '2026-01-02T03:04:05.000Z',
  });
  const stream = liveStreamSchema.parse({
    ...{ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name: 'live' } },
    status: {
      phase: 'Live',
      startedAt: '2026-01-02T03:04:05.000Z',
      conditions: ['Ready', 'Live', 'BFramesDetected'].map(condition),
    },
  });
  const { phase, conditions } = asStopped(stream).status;
  expect(phase).toBe('Ended');
  expect(conditions?.map(({ type, status, message }) => `${type} ${status}: ${message}`)).toEqual([
    'Ready False: Showrunner is not running: `npm start` starts it.',
    'Live False: The last show has ended.',
    'BFramesDetected True: It is so.',
  ]);
});
