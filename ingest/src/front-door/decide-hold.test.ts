import { liveStreamSchema } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { refusal } from '../errors.ts';
import { decideHold, isIngestReady, isPassing, type Held } from './decide-hold.ts';

const held = (parts: Partial<Held> = {}): Held => ({
  ingestReady: true,
  podStarts: true,
  lastCall: 'nobody',
  waitedMs: 0,
  holdMs: 25_000,
  sinceKnockMs: Infinity,
  lastRefusal: undefined,
  ...parts,
});

describe('a publisher that waits for its ingest', () => {
  it('has the ingest called and the operator told at once where it is ready', () => {
    expect(decideHold(held())).toEqual({ knock: true, call: 'service', refuse: undefined });
  });

  it('has the operator told again each second', () => {
    expect(decideHold(held({ sinceKnockMs: 999 })).knock).toBe(false);
    expect(decideHold(held({ sinceKnockMs: 1_000 })).knock).toBe(true);
  });

  it('has an ingest that is not ready left alone, but not for ever, for its condition may be old', () => {
    const unknown = { ingestReady: false, podStarts: false };
    expect(decideHold(held({ ...unknown, waitedMs: 5_999 })).call).toBe('nobody');
    expect(decideHold(held({ ...unknown, waitedMs: 6_000 })).call).toBe('service');
  });

  it('has a pod called that starts, and after a while its Service in turns with it', () => {
    const starting = (waitedMs: number, lastCall: Held['lastCall']) =>
      decideHold(held({ ingestReady: false, waitedMs, lastCall })).call;
    expect([starting(0, 'nobody'), starting(5_999, 'pod')]).toEqual(['pod', 'pod']);
    expect([starting(6_000, 'pod'), starting(6_200, 'service'), starting(6_400, 'pod')]).toEqual([
      'service',
      'pod',
      'service',
    ]);
  });

  it('hears what it waited for when the time is over', () => {
    const over = (parts: Partial<Held>) => decideHold(held({ waitedMs: 25_000, ...parts }));
    expect(over({ ingestReady: false })).toEqual({ knock: false, call: 'nobody', refuse: refusal('not-ready') });
    expect(over({}).refuse).toEqual(refusal('unreachable'));
    expect(over({ lastRefusal: refusal('unknown-key') }).refuse).toEqual(refusal('unknown-key'));
  });
});

it('is called again for what an ingest says that knows less than we do, and for nothing else', () => {
  expect(isPassing(refusal('unknown-key'))).toBe(true);
  expect(isPassing(refusal('shutdown'))).toBe(true);
  expect(isPassing(refusal('already-publishing'))).toBe(false);
  expect(isPassing(refusal('refused-by-ingest'))).toBe(false);
});

it('is ready when its condition says so', () => {
  const stream = (status: string) =>
    liveStreamSchema.parse({
      apiVersion: 'showrunner.dev/v1alpha1',
      kind: 'LiveStream',
      metadata: { name: 'live' },
      status: {
        conditions: [
          { type: 'Ready', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-11-21T00:00:00Z' },
          { type: 'IngestReady', status, reason: 'R', message: '', lastTransitionTime: '2026-11-21T00:00:00Z' },
        ],
      },
    });
  expect(['True', 'False', 'Unknown'].map((status) => isIngestReady(stream(status)))).toEqual([true, false, false]);
  expect(isIngestReady(undefined)).toBe(false);
});
