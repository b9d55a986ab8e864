import { describe, expect, it } from 'vitest';
import type { LiveStreamStatus } from '@showrunner/crds';
import { decideEvents } from './decide-events.ts';
import { liveStream } from './testing/world.ts';

const lastTransitionTime = '2026-01-02T03:04:05.000Z';
const withCondition = (type: string, reason: string, message = `${reason}.`): LiveStreamStatus => ({
  conditions: [{ type, status: 'True', reason, message, lastTransitionTime }],
});
const told = (before: LiveStreamStatus | undefined, after: LiveStreamStatus) =>
  decideEvents(liveStream({}, before), after).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);

const startedAt = '2026-01-02T03:00:00.000Z';
const live: LiveStreamStatus = { phase: 'Live', startedAt };
const ended: LiveStreamStatus = { phase: 'Ended', startedAt, endedAt: '2026-01-02T04:02:03.000Z' };

describe('Events', () => {
  it.each<[string, LiveStreamStatus | undefined, LiveStreamStatus, string[]]>([
    ['a show', { phase: 'Ready' }, live, ['Normal ShowStarted: The show is on air.']],
    [
      'a drop',
      live,
      { ...live, phase: 'Reconnecting' },
      ['Warning PublisherDropped: The publisher left; the show waits for it.'],
    ],
    [
      'a return',
      { ...live, phase: 'Reconnecting' },
      live,
      ['Normal PublisherReturned: The publisher is back; the show goes on.'],
    ],
    [
      'a takeover',
      live,
      { ...live, phase: 'Reconnecting', ...withCondition('Live', 'PublisherReplaced') },
      ['Normal PublisherReplaced: Another publisher took over.'],
    ],
    [
      'who has taken over',
      { ...live, phase: 'Reconnecting', ...withCondition('Live', 'PublisherReplaced') },
      live,
      ['Normal PublisherReturned: The other publisher sends; the show goes on.'],
    ],
    ['an end', live, ended, ['Normal ShowEnded: The show has ended after 1 h 2 min 3 s.']],
    ['an end at once', live, { ...ended, endedAt: startedAt }, ['Normal ShowEnded: The show has ended after 0 s.']],
    [
      'the next show',
      ended,
      { phase: 'Live', startedAt: '2026-01-03T03:00:00.000Z' },
      ['Normal ShowStarted: The show is on air.'],
    ],
    ['nothing new', ended, ended, []],
    ['ready', undefined, withCondition('Ready', 'PublisherWelcome'), ['Normal Ready: PublisherWelcome.']],
    ['ready otherwise', withCondition('Ready', 'PublisherWelcome'), withCondition('Ready', 'StartsOnDemand'), []],
    ['a problem', undefined, withCondition('Stalled', 'KeyInUse'), ['Warning Stalled: KeyInUse.']],
    [
      'another problem',
      withCondition('Stalled', 'KeyInUse'),
      withCondition('Stalled', 'KeyTooWeak'),
      ['Warning Stalled: KeyTooWeak.'],
    ],
    [
      'other words',
      withCondition('Degraded', 'Unschedulable', 'A.'),
      withCondition('Degraded', 'Unschedulable', 'B.'),
      [],
    ],
    [
      'trouble over',
      withCondition('Degraded', 'PodCrashing'),
      {},
      ['Normal Recovered: What should run is running again.'],
    ],
    [
      'the first segment of another show',
      { ...live, ...withCondition('FirstSegmentReady', 'MediaReady') },
      { ...live, startedAt: '2026-01-03T03:00:00.000Z', ...withCondition('FirstSegmentReady', 'MediaReady') },
      ['Normal ShowStarted: The show is on air.', 'Normal FirstSegmentReady: MediaReady.'],
    ],
  ])('tell of %s', (_, before, after, events) => {
    expect(told(before, after)).toEqual(events);
  });

  it('tell of a changed key, and not of the first one or of one that is missing', () => {
    const keys = (...sha256: string[]): LiveStreamStatus => ({
      ingest: { keyHashes: sha256.map((hash) => ({ sha256: hash })) },
    });
    expect(told(keys('one'), keys('two'))).toEqual([
      'Normal KeyRotated: The stream key has changed; the former one is accepted for another 1h.',
    ]);
    expect([told(undefined, keys('one')), told(keys('one'), keys()), told(keys('one'), keys('one'))]).toEqual([
      [],
      [],
      [],
    ]);
    const strict = liveStream({ ingest: { keyRotationGrace: '0s' } }, keys('one'));
    expect(decideEvents(strict, keys('two'))[0]?.message).toBe(
      'The stream key has changed; the former one is refused.',
    );
  });
});
