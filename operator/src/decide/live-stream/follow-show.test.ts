import { describe, expect, it } from 'vitest';
import type { LiveStreamStatus } from '@showrunner/crds';
import type { IngestState, TranscoderState } from '@showrunner/service-kit';
import { followShow } from './follow-show.ts';
import type { FollowedShow, PodAnswers } from './observed-live-stream.ts';
import { liveStream, START } from './testing/world.ts';

const AT = new Date(START).toISOString();
const live: IngestState = { state: 'live', onAirSince: AT };
const off: IngestState = { state: 'off' };
const video = {
  codec: 'avc1.64001f',
  profile: 'High',
  level: 3.1,
  width: 1280,
  height: 720,
  nominalFrameRate: 30,
  bitrate: 2_600_000,
  bFrames: true,
  missingFrames: 0,
};
const withFacts = (keyframeIntervalMs: number, publisherSince = AT): IngestState => ({
  ...live,
  facts: {
    onAirSince: AT,
    publisherSince,
    video: { ...video, keyframeIntervalMs },
    bitrate: 0,
    bitrateJitter: 0,
    arrivalDelayMs: 0,
    timestampJumps: 0,
  },
});

const ingest = (state: IngestState | undefined, pod = 'i1', ready = true) => ({ pod, ready, state });
const transcoder = (show: TranscoderState['show'], firstMediaSeconds?: number) => ({
  pod: 't1',
  ready: true,
  state: firstMediaSeconds === undefined ? { show } : { show, firstMediaSeconds },
});
const answers = (from: PodAnswers['ingest'], to: PodAnswers['transcoder'] = [transcoder('none')]): PodAnswers => ({
  ingest: from,
  transcoder: to,
});

const stream = liveStream();
const follow = (before: FollowedShow | undefined, given: PodAnswers, afterMs = 0, of = stream) =>
  followShow(before, of, given, START + afterMs);
const running = follow(undefined, answers([ingest(live)], [transcoder('running', 0.25)]));

describe('a show', () => {
  it('begins when ingest says so, with what ingest and transcoder found out', () => {
    expect(follow(undefined, answers([ingest(off)]))).toEqual({ publisher: 'off', show: undefined });
    expect(follow(undefined, answers([ingest({ state: 'expected' })]))).toMatchObject({
      publisher: 'expected',
      show: undefined,
    });
    expect(follow(undefined, answers([ingest(withFacts(2_000))], [transcoder('running', 0.25)]))).toEqual({
      publisher: 'live',
      show: {
        state: 'live',
        startedAt: START,
        endedAt: undefined,
        firstMediaSeconds: 0.25,
        source: { video: 'avc1.64001f', width: 1280, height: 720, resolution: '1280x720', frameRate: 30 },
        keyframeIntervalSeconds: 2,
        hasBFrames: true,
      },
      ingestPod: 'i1',
      publisherSince: AT,
    });
  });

  it('is the same value while nothing but time goes by', () => {
    const known = follow(running, answers([ingest(withFacts(2_000))], [transcoder('running', 0.25)]), 1_000);
    expect(follow(known, answers([ingest(withFacts(1_900))], [transcoder('running', 0.25)]), 2_000)).toEqual(known);
  });

  it('measures keyframes anew for another publisher', () => {
    const slow = follow(running, answers([ingest(withFacts(8_000))]));
    expect(follow(slow, answers([ingest(withFacts(2_000))])).show?.keyframeIntervalSeconds).toBe(8);
    const other = withFacts(2_000, '2026-01-02T03:10:00.000Z');
    expect(follow(slow, answers([ingest(other)])).show?.keyframeIntervalSeconds).toBe(2);
  });

  it('keeps the first segment of a transcoder that was replaced', () => {
    const after = follow(running, answers([ingest(live)], [transcoder('running', 3)]));
    expect(after.show?.firstMediaSeconds).toBe(0.25);
  });

  it('has its renditions or not, as the transcoder says that has it now', () => {
    const failing = (encoderFailing?: boolean) => ({
      ...transcoder('running'),
      state: { show: 'running' as const, ...(encoderFailing !== undefined && { encoderFailing }) },
    });
    const without = follow(running, answers([ingest(live)], [failing(true)]));
    expect(without.show?.encoderFailing).toBe(true);
    expect(follow(without, answers([ingest(live)], [])).show?.encoderFailing).toBe(true);
    expect(follow(without, answers([ingest(live)], [failing(false)])).show?.encoderFailing).toBe(false);
  });

  it('waits for its publisher, and ends when ingest and transcoder say so', () => {
    const waiting = follow(running, answers([ingest({ ...live, state: 'reconnecting' })]), 10_000);
    expect(waiting).toMatchObject({ publisher: 'reconnecting', show: { state: 'reconnecting', startedAt: START } });
    // Ingest was asked a moment before the transcoder.
    const ending = follow(waiting, answers([ingest(off)], [transcoder('running')]), 30_000);
    expect(ending).toMatchObject({ publisher: 'off', show: { state: 'reconnecting' } });
    const ended = follow(ending, answers([ingest(off)], [transcoder('ended')]), 31_000);
    expect(ended).toEqual({
      publisher: 'off',
      show: { ...waiting.show, state: 'ended', endedAt: START + 30_000 },
    });
    expect(follow(ended, answers([ingest(off)], [transcoder('ended')]), 60_000)).toEqual(ended);
    const next = follow(ended, answers([ingest({ state: 'live', onAirSince: '2026-01-02T04:00:00.000Z' })]), 3_600_000);
    expect(next.show).toMatchObject({ state: 'live', startedAt: Date.parse('2026-01-02T04:00:00.000Z') });
    expect(next.show?.firstMediaSeconds).toBeUndefined();
  });

  it('goes on at another ingest pod: it waits first, and is not a new one', () => {
    const other = answers([ingest(off, 'i2')], [transcoder('running')]);
    const moment = follow(running, other, 60_000);
    expect(moment.show?.state).toBe('live');
    const waiting = follow(moment, other, 62_000);
    expect(waiting).toMatchObject({ publisher: 'off', show: { state: 'reconnecting' } });
    const back = { state: 'live', onAirSince: '2026-01-02T03:05:08.000Z' } as const;
    expect(follow(waiting, answers([ingest(back, 'i2')]), 63_000)).toMatchObject({
      publisher: 'live',
      show: { state: 'live', startedAt: START },
      ingestPod: 'i2',
    });
  });

  it('ends without its transcoder when all waiting is over', () => {
    const gone = answers([], []);
    const waiting = follow(follow(running, gone, 1_000), gone, 36_000);
    expect(waiting.show?.state).toBe('reconnecting');
    expect(follow(waiting, gone, 36_001).show).toMatchObject({ state: 'ended', endedAt: START + 1_000 });
    expect(follow(follow(running, gone), gone, 1, liveStream({ enabled: false })).show?.state).toBe('ended');
  });

  it('is followed at the pod that has it, while another one starts beside it', () => {
    const both = answers([ingest(off, 'i2'), ingest(live, 'i1')]);
    expect(follow(running, both)).toMatchObject({ publisher: 'live', ingestPod: 'i1' });
  });
});

describe('what is not known', () => {
  it('is not off', () => {
    const silent = follow(running, answers([ingest(undefined)]), 5_000);
    expect(silent).toMatchObject({ publisher: 'unknown', show: { state: 'live' }, unknownSince: START + 5_000 });
    expect(follow(silent, answers([ingest(undefined)]), 9_000)).toEqual(silent);
    expect(follow(silent, answers([ingest(live)], [transcoder('running', 0.25)]), 10_000)).toEqual(running);
  });

  it('is off for a pod that has not started yet, where no show is known of', () => {
    expect(follow(undefined, answers([ingest(undefined, 'i1', false)])).publisher).toBe('off');
    expect(follow(running, answers([ingest(undefined, 'i1', false)])).publisher).toBe('unknown');
  });
});

describe('an operator that starts anew', () => {
  const status: LiveStreamStatus = { phase: 'Live', startedAt: AT, source: { video: 'avc1.64001f' } };
  const later = 600_000;

  it('goes on with the show in the status', () => {
    const known = liveStream({}, status);
    const silent = follow(undefined, answers([ingest(undefined)]), later, known);
    expect(silent).toMatchObject({ publisher: 'unknown', show: { state: 'live', startedAt: START } });
    expect(follow(silent, answers([ingest(live)]), later + 1_000, known)).toMatchObject({
      publisher: 'live',
      show: { state: 'live', startedAt: START, source: { video: 'avc1.64001f' } },
    });
    const paused = liveStream({}, { ...status, phase: 'Reconnecting' });
    expect(follow(undefined, answers([ingest(undefined)]), later, paused).show?.state).toBe('reconnecting');
  });

  it('finds another show where ingest began a later one', () => {
    const next = { state: 'live', onAirSince: '2026-01-02T03:10:00.000Z' } as const;
    const found = follow(undefined, answers([ingest(next)]), later, liveStream({}, status));
    expect(found.show).toMatchObject({ startedAt: Date.parse('2026-01-02T03:10:00.000Z') });
    expect(found.show?.source).toBeUndefined();
  });

  it('ends a show that ended meanwhile, and leaves one alone that had ended before', () => {
    const gone = answers([ingest(off)], [transcoder('ended')]);
    const ended = follow(undefined, gone, later, liveStream({}, status));
    expect(ended.show).toMatchObject({ state: 'ended', endedAt: START + later });
    const before = liveStream({}, { ...status, phase: 'Ended', endedAt: '2026-01-02T03:05:00.000Z' });
    expect(follow(undefined, gone, later, before).show).toMatchObject({ state: 'ended', endedAt: START + 55_000 });
  });
});
