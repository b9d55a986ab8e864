import { liveStreamSchema } from '@showrunner/crds';
import { expect, it } from 'vitest';
import { engineFinding, engineLimits } from './engine-findings.ts';

const stream = (ingest: object) =>
  liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live' },
    spec: { ingest },
  });

it('is told what nginx-rtmp does not do, of whoever asks for that engine', () => {
  expect(engineLimits(stream({}))).toEqual([]);
  expect(engineLimits(stream({ engine: 'nginx-rtmp' }))).toEqual([
    {
      type: 'EngineLimits',
      status: 'True',
      reason: 'NotWithNginx',
      message:
        'nginx-rtmp hangs up without a word on a publisher that is refused, replaced or ended: only the log says why.',
    },
  ]);
});

it('is not ready while its engine is not', () => {
  expect(engineFinding('ready')).toBe(undefined);
  expect(engineFinding('starting')).toMatchObject({ status: 'False', reason: 'Starting' });
  expect(engineFinding({ problem: 'It is not there.' })).toMatchObject({
    reason: 'EngineUnavailable',
    message: 'It is not there.',
  });
});
