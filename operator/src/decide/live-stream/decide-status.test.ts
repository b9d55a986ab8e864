import { liveStreamSchema, type LiveStreamStatus } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { decideStatus, type ObservedShow } from './decide-status.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');
const START = NOW - 60_000;
const urls = { http: 'http://localhost:8080', rtmp: 'rtmp://localhost:1935/live' };
const keys = { hashes: [{ sha256: 'abc' }] };

function stream(status?: LiveStreamStatus, spec: object = {}) {
  return liveStreamSchema.parse({
    apiVersion: 'showrunner.dev/v1alpha1',
    kind: 'LiveStream',
    metadata: { name: 'live', generation: 3 },
    spec,
    ...(status ? { status } : {}),
  });
}

function statusWith(show: ObservedShow | undefined, before?: LiveStreamStatus, spec: object = {}) {
  return decideStatus(stream(before, spec), { keys, show, urls }, NOW);
}

describe('decideStatus', () => {
  it('welcomes a publisher', () => {
    expect(statusWith(undefined)).toEqual({
      observedGeneration: 3,
      phase: 'Ready',
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'PublisherWelcome',
          message: 'OBS can connect.',
          lastTransitionTime: '2026-01-02T03:04:05.000Z',
          observedGeneration: 3,
        },
        {
          type: 'Live',
          status: 'False',
          reason: 'NoPublisher',
          message: 'No publisher has connected yet.',
          lastTransitionTime: '2026-01-02T03:04:05.000Z',
          observedGeneration: 3,
        },
      ],
      ingest: { server: 'rtmp://localhost:1935/live', keyHashes: [{ sha256: 'abc' }] },
      playback: { hls: 'http://localhost:8080/hls/default/live/master.m3u8' },
    });
  });

  it('says where the ingest pod is that starts, on a cluster', () => {
    const ready = { type: 'Ready', status: 'False', reason: 'Starting', message: 'Pods are starting.' } as const;
    const at = (ingestPodIP: string | undefined) => {
      const pods = { ready, components: [], others: [], ingestPodIP };
      return decideStatus(stream(), { keys, show: undefined, urls, pods }, NOW).ingest;
    };
    expect(at('10.0.0.1')).toEqual({ server: urls.rtmp, keyHashes: keys.hashes, podIP: '10.0.0.1' });
    expect(at(undefined)).toEqual({ server: urls.rtmp, keyHashes: keys.hashes });
  });

  it('goes through the phases of a show', () => {
    expect(statusWith({ state: 'live', startedAt: START }).phase).toBe('Live');
    expect(statusWith({ state: 'reconnecting', startedAt: START }).phase).toBe('Reconnecting');
    const ended = statusWith({ state: 'ended', startedAt: START, endedAt: NOW });
    expect(ended).toMatchObject({
      phase: 'Ended',
      startedAt: '2026-01-02T03:03:05.000Z',
      endedAt: '2026-01-02T03:04:05.000Z',
    });
  });

  it('ends a show that a restart cut off', () => {
    const before = { phase: 'Live', startedAt: '2026-01-02T03:00:00.000Z' } as const;
    expect(statusWith(undefined, before)).toMatchObject({ phase: 'Ended', endedAt: '2026-01-02T03:04:05.000Z' });
  });

  it('keeps the time of a transition that did not happen', () => {
    const earlier = '2026-01-01T00:00:00.000Z';
    const before = {
      conditions: [{ type: 'Ready', status: 'True', reason: 'x', message: 'y', lastTransitionTime: earlier }],
    } satisfies LiveStreamStatus;
    expect(statusWith(undefined, before).conditions?.[0]?.lastTransitionTime).toBe(earlier);
  });

  it('tells the streamer what to change', () => {
    const status = statusWith({
      state: 'live',
      startedAt: START,
      firstMediaSeconds: 0.24,
      keyframeIntervalSeconds: 8,
      hasBFrames: true,
      encoderFailing: true,
    });
    expect(status.conditions?.slice(2).map((condition) => condition.message)).toEqual([
      'Playable 0.24 s after its first media came.',
      'Keyframes come up to 8 s apart. In OBS set Keyframe Interval to 2 s, so that viewers join faster.',
      'The source has B-frames, which add latency. In OBS set Max B-frames to 0.',
      'ffmpeg cannot be run or fails again and again, so viewers get the source alone. The log of the transcoder says why.',
    ]);
  });

  it('says that a disabled stream refuses publishers', () => {
    const status = statusWith(undefined, undefined, { enabled: false });
    expect(status.phase).toBe('Pending');
    expect(status.conditions?.[0]).toMatchObject({ type: 'Disabled', status: 'True' });
    // kstatus takes Ready=False for something that is under way.
    expect(status.conditions?.some(({ type }) => type === 'Ready')).toBe(false);
  });
});
