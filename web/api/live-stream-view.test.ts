import { API_VERSION, liveStreamSchema } from '@showrunner/crds';
import { describe, expect, it } from 'vitest';
import { isListed, liveStreamState, liveStreamView, liveStreamViewSchema } from './live-stream-view.ts';

const make = (spec: object = {}, status?: object) =>
  liveStreamSchema.parse({
    apiVersion: API_VERSION,
    kind: 'LiveStream',
    metadata: { name: 'live', creationTimestamp: '2026-11-20T00:00:00Z' },
    spec,
    ...(status ? { status } : {}),
  });

describe('liveStreamView', () => {
  it('is what anyone may know, and fits its schema', () => {
    const view = liveStreamView(
      make(
        { title: 'Lecture', startAt: '2026-11-21T20:00:00Z' },
        {
          phase: 'Live',
          startedAt: '2026-11-21T20:01:00Z',
          ingest: { server: 'rtmp://host/live', keyHashes: [{ sha256: 'f'.repeat(64) }] },
          source: { video: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 },
        },
      ),
    );
    expect(view).toEqual({
      namespace: 'default',
      name: 'live',
      title: 'Lecture',
      visibility: 'public',
      phase: 'Live',
      startAt: '2026-11-21T20:00:00Z',
      startedAt: '2026-11-21T20:01:00Z',
      playback: { hls: '/hls/default/live/master.m3u8' },
      ingest: { server: 'rtmp://host/live' },
      source: { video: 'avc1.64001f', width: 1280, height: 720, frameRate: 30 },
    });
    expect(liveStreamViewSchema.parse(view)).toEqual(view);
  });

  it('goes by the name, and is pending, where nothing is known', () => {
    expect(liveStreamView(make())).toMatchObject({ title: 'live', phase: 'Pending' });
  });
});

describe('liveStreamState', () => {
  it('says since when the phase lasts', () => {
    const since = (status: object) => liveStreamState(make({}, status), undefined).since;
    expect(since({ phase: 'Live', startedAt: '2026-11-21T20:01:00Z' })).toBe('2026-11-21T20:01:00Z');
    expect(since({ phase: 'Ended', endedAt: '2026-11-21T21:00:00Z' })).toBe('2026-11-21T21:00:00Z');
    expect(since({ phase: 'Ready' })).toBe('2026-11-20T00:00:00Z');
  });
});

describe('isListed', () => {
  it('leaves out what is unlisted or switched off', () => {
    expect(isListed(make())).toBe(true);
    expect(isListed(make({ visibility: 'unlisted' }))).toBe(false);
    expect(isListed(make({ enabled: false }))).toBe(false);
  });
});
