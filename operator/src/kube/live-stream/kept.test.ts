import type { KubeObject } from '@showrunner/service-kit/kube';
import { expect, it } from 'vitest';
import { liveStream } from '../../decide/live-stream/testing/world.ts';
import { keepStream } from './kept.ts';

it('takes a LiveStream without a status, as an older definition leaves it, for one that nobody has looked at', () => {
  const statusOf = (status: object | undefined) =>
    keepStream({ ...liveStream(), status } as unknown as KubeObject).resource.status;
  expect(statusOf(undefined)).toEqual({ observedGeneration: -1 });
  expect(statusOf({ phase: 'Live' })).toEqual({ phase: 'Live' });
});
