import { describe, expect, it } from 'vitest';
import type { ComponentState } from './component-state.ts';
import { podsStatus, type PodsSeen } from './pods-status.ts';
import { liveStream, START } from './testing/world.ts';

const ready = (component: 'ingest' | 'transcoder'): ComponentState => ({
  component,
  ready: true,
  isMade: true,
  reason: 'PodReady',
  message: 'It is ready.',
  isTrouble: false,
});
const starting = (component: 'ingest' | 'transcoder'): ComponentState => ({
  component,
  ready: false,
  isMade: true,
  reason: 'PodStarting',
  message: 'It is starting.',
  isTrouble: false,
});
const both = [ready('ingest'), ready('transcoder')];
const seen: PodsSeen = {
  problem: undefined,
  isReplacing: false,
  hasPods: true,
  states: both,
  followed: { publisher: 'off', show: undefined },
  refused: undefined,
  hindered: undefined,
  updateWaitsFor: undefined,
};
const crashing: ComponentState = {
  ...starting('ingest'),
  reason: 'PodCrashing',
  message: 'It crashes.',
  isTrouble: true,
};
const quota: ComponentState = {
  ...starting('transcoder'),
  reason: 'QuotaExceeded',
  message: 'No room.',
  quota: { kind: 'exhausted', message: 'No room.' },
};
const onAirFor = (ms: number): PodsSeen['followed'] => ({
  publisher: 'live',
  show: { state: 'live', startedAt: START - ms },
});
const onAir = onAirFor(15_000);

function told(of: Partial<PodsSeen>, spec: object = {}): string[] {
  const { ready: first, others } = podsStatus(liveStream(spec), { ...seen, ...of }, START);
  return [first, ...others].map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

describe('the conditions of pods', () => {
  it.each<[string, Partial<PodsSeen>, string[]]>([
    ['ready', {}, ['Ready True PublisherWelcome']],
    ['none', { hasPods: false, states: [starting('ingest'), starting('transcoder')] }, ['Ready True StartsOnDemand']],
    [
      'starting',
      { states: [ready('ingest'), starting('transcoder')] },
      ['Ready False Starting', 'Reconciling True InProgress'],
    ],
    [
      'crashing',
      { states: [crashing, starting('transcoder')] },
      ['Ready False PodCrashing', 'Degraded True PodCrashing', 'Reconciling True InProgress'],
    ],
    [
      'quota',
      { states: [starting('ingest'), quota] },
      ['Ready False QuotaExceeded', 'QuotaExceeded True NoRoomInQuota', 'Reconciling True InProgress'],
    ],
    [
      'an object refused by a quota',
      { refused: { kind: 'values-missing', message: 'It must say more.' } },
      ['Ready False QuotaExceeded', 'QuotaExceeded True QuotaNeedsValues', 'Reconciling True InProgress'],
    ],
    [
      'a pod lost in mid-show',
      { states: [ready('ingest'), starting('transcoder')], followed: onAir },
      ['Ready False Starting', 'Degraded True PodStarting', 'Reconciling True InProgress'],
    ],
    [
      'a show that has begun before all pods were found ready',
      { states: [starting('ingest'), starting('transcoder')], followed: onAirFor(14_999) },
      ['Ready False Starting', 'Reconciling True InProgress'],
    ],
    [
      'an update behind a show',
      { updateWaitsFor: 'show', followed: onAir },
      ['Ready True PublisherWelcome', 'UpdatePending True ShowRunning'],
    ],
    [
      'an update behind silence',
      { updateWaitsFor: 'show', followed: { publisher: 'unknown', show: undefined, unknownSince: START - 15_000 } },
      ['Ready True PublisherWelcome', 'UpdatePending True StateUnknown', 'Degraded True StateUnknown'],
    ],
    [
      'a moment of silence',
      { followed: { publisher: 'unknown', show: undefined, unknownSince: START } },
      ['Ready True PublisherWelcome'],
    ],
    [
      'a problem',
      { problem: { reason: 'KeyInUse', message: 'It is in use.' }, hasPods: false },
      ['Ready False KeyInUse', 'Stalled True KeyInUse'],
    ],
    [
      'a former stream',
      { isReplacing: true, hasPods: false },
      ['Ready False Replacing', 'Reconciling True InProgress'],
    ],
  ])('%s', (_, of, conditions) => {
    expect(told(of)).toEqual(conditions);
  });

  it('of pods that are being stopped do not say that they are ready', () => {
    const { components } = podsStatus(liveStream(), { ...seen, hasPods: false }, START);
    expect(components.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'IngestReady False OnDemand',
      'TranscoderReady False OnDemand',
    ]);
  });

  it('of a disabled stream are neither stalled nor in progress', () => {
    const problem = { reason: 'KeyInUse', message: 'It is.' } as const;
    expect(podsStatus(liveStream({ enabled: false }), { ...seen, hasPods: false, problem }, START).others).toEqual([]);
  });

  it('come with the address of the ingest pod, where there should be one', () => {
    const states = [
      { ...starting('ingest'), podIP: '10.0.0.1' },
      { ...starting('transcoder'), podIP: '10.0.0.2' },
    ];
    const at = (of: Partial<PodsSeen>) => podsStatus(liveStream(), { ...seen, states, ...of }, START).ingestPodIP;
    expect([at({}), at({ hasPods: false })]).toEqual(['10.0.0.1', undefined]);
  });
});

it('takes no component for starting whose object is refused', () => {
  const states = [ready('ingest'), { ...starting('transcoder'), isMade: false }];
  const { components } = podsStatus(
    liveStream(),
    { ...seen, states, problem: { reason: 'ObjectRefused', message: 'It is refused.' } },
    START,
  );
  expect(components.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    'IngestReady PodReady',
    'TranscoderReady NotStarted',
  ]);
});
