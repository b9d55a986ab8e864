import { liveStreamSchema, type LiveStreamStatus } from '@showrunner/crds';
import { hashStreamKey } from '@showrunner/service-kit';
import { describe, expect, it } from 'vitest';
import { shownKey } from './shown-key.ts';

const KEY = 'a-key-of-some-length';
const stream = (status: LiveStreamStatus, spec: object = {}) =>
  liveStreamSchema.parse({
    ...{ apiVersion: 'showrunner.dev/v1alpha1', kind: 'LiveStream', metadata: { name: 'live', generation: 2 }, spec },
    status: { observedGeneration: 2, ...status },
  });
const accepting = (key: string, expiresAt?: string): LiveStreamStatus => ({
  ingest: { keyHashes: [{ sha256: hashStreamKey(key), expiresAt }] },
});
const notReady: LiveStreamStatus = {
  conditions: [
    {
      ...{ type: 'Ready', status: 'False', reason: 'KeyInUse', message: 'The stream key is already used.' },
      lastTransitionTime: '2026-01-02T03:04:05.000Z',
    },
  ],
};

describe('the key that is shown', () => {
  it('is one with which publishers are let in', () => {
    expect(shownKey(stream(accepting(KEY)), KEY)).toEqual({ key: KEY });
    // Its engine does not run: the key is good all the same.
    expect(shownKey(stream({ ...notReady, ...accepting(KEY) }), KEY)).toEqual({ key: KEY });
  });

  it('is waited for while the status speaks of another time', () => {
    expect(shownKey(stream({}), undefined)).toBe(undefined);
    expect(shownKey(stream(accepting('a-former-key-of-it')), KEY)).toBe(undefined);
    expect(shownKey(stream(accepting(KEY, '2026-01-02T03:04:05.000Z')), KEY)).toBe(undefined);
    expect(shownKey(stream({ ...notReady, observedGeneration: 1 }), KEY)).toBe(undefined);
  });

  it('is none where no publisher would be let in, and why', () => {
    expect(shownKey(stream(notReady), KEY)).toEqual({ problem: 'default/live: The stream key is already used.' });
    expect(shownKey(stream(notReady), undefined)).toHaveProperty('problem');
    expect(shownKey(stream(accepting(KEY), { enabled: false }), KEY)).toEqual({
      problem: 'default/live: spec.enabled is false: publishers are refused.',
    });
  });
});
