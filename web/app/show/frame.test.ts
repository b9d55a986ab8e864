import { describe, expect, it } from 'vitest';
import type { LiveStreamView } from '../api/live-stream-feed.ts';
import { frameOf, hasLiveEdge, isPlayable, lastKnown, type FrameInput } from './frame.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const stream = (phase: LiveStreamView['phase'], more: Partial<LiveStreamView> = {}): LiveStreamView => ({
  namespace: 'default',
  name: 'live',
  title: 'Live',
  visibility: 'public',
  phase,
  playback: { hls: '/hls/default/live/master.m3u8' },
  ...more,
});
const idle = { state: 'idle', shown: false, autoplay: 'allowed', atLiveEdge: true } as const;
const playing = { state: 'playing', shown: true, autoplay: 'allowed', atLiveEdge: true } as const;
const frame = (input: Partial<FrameInput>) =>
  frameOf({ stream: stream('Live'), last: undefined, connection: 'open', player: idle, now: NOW, ...input });

describe('frameOf', () => {
  it('shows the picture when there is one, whatever the server says', () => {
    expect(frame({ player: playing })).toEqual({ kind: 'none' });
    expect(frame({ player: playing, stream: 'unknown', connection: 'lost' })).toEqual({ kind: 'none' });
    expect(frame({ player: playing, stream: stream('Ended') })).toEqual({ kind: 'none' });
  });

  it('is loading until then', () => {
    expect(frame({})).toEqual({ kind: 'loading' });
    expect(frame({ stream: 'unknown', connection: 'connecting' })).toEqual({ kind: 'loading' });
  });

  it('counts down, then waits for the streamer, then for the next show', () => {
    const startAt = '2026-11-21T20:00:00Z';
    expect(frame({ stream: stream('Ready', { startAt }) })).toEqual({ kind: 'soon', startAt: Date.parse(startAt) });
    const late = Date.parse('2026-11-21T20:01:00Z');
    expect(frame({ stream: stream('Ready', { startAt }), now: late })).toEqual({ kind: 'late' });
    expect(frame({ stream: stream('Ready') })).toEqual({ kind: 'waiting' });
  });

  it('covers a frozen picture while the streamer is away', () => {
    expect(frame({ stream: stream('Reconnecting'), player: playing })).toEqual({ kind: 'reconnecting' });
    expect(frame({ stream: stream('Reconnecting') })).toEqual({ kind: 'reconnecting' });
  });

  it('leaves a viewer alone who is behind on purpose, while there is something to see', () => {
    const behind = { ...playing, atLiveEdge: false } as const;
    expect(frame({ stream: stream('Reconnecting'), player: behind })).toEqual({ kind: 'none' });
    const stalled = { ...behind, state: 'stalled' } as const;
    expect(frame({ stream: stream('Reconnecting'), player: stalled })).toEqual({ kind: 'reconnecting' });
  });

  it('ends when the picture has ended, even before the server says so', () => {
    const ended = { ...playing, state: 'ended' } as const;
    expect(frame({ player: ended })).toEqual({ kind: 'ended' });
    expect(frame({ player: ended, stream: stream('Ended') })).toEqual({ kind: 'ended' });
    expect(frame({ stream: stream('Ended', { startAt: '2026-11-22T20:00:00Z' }) }).kind).toBe('soon');
  });

  it('takes the picture of a show away that is gone, although its media are still served', () => {
    const last = stream('Live', { startedAt: '2026-11-21T11:00:00Z' });
    const gone = { stream: undefined, last } as const;
    expect(frame({ ...gone, player: playing })).toEqual({ kind: 'taken-down', began: true });
    expect(frame({ ...gone, player: 'missing' })).toEqual({ kind: 'taken-down', began: true });
    expect(frame({ ...gone, last: stream('Ready') })).toEqual({ kind: 'taken-down', began: false });
    // A document that said the show was on air, before the server said that there is none.
    expect(frame({ stream: undefined, player: playing })).toEqual({ kind: 'not-found' });
  });

  it('follows a show that is made anew as any other', () => {
    const last = stream('Live', { startedAt: '2026-11-21T11:00:00Z' });
    expect(frame({ stream: stream('Pending'), last })).toEqual({ kind: 'waiting' });
    expect(frame({ stream: stream('Live'), last, player: playing })).toEqual({ kind: 'none' });
  });

  it('says what is wrong', () => {
    expect(frame({ stream: undefined })).toEqual({ kind: 'not-found' });
    expect(frame({ stream: 'unknown', connection: 'lost' })).toEqual({ kind: 'unreachable' });
    expect(frame({ stream: stream('Failed') })).toEqual({ kind: 'failed' });
    expect(frame({ player: 'missing' })).toEqual({ kind: 'no-player' });
    expect(frame({ player: { ...idle, state: 'loading', autoplay: 'refused' } })).toEqual({ kind: 'press-play' });
  });
});

describe('lastKnown', () => {
  it('outlives the stream', () => {
    const before = stream('Live', { title: 'Friday night' });
    expect(lastKnown('unknown', undefined)).toBeUndefined();
    expect(lastKnown(before, undefined)).toBe(before);
    expect(lastKnown(undefined, before)).toBe(before);
    const anew = stream('Pending');
    expect(lastKnown(anew, before)).toBe(anew);
  });
});

describe('hasLiveEdge', () => {
  const liveEdge = (player: FrameInput['player'], seen: FrameInput['stream'] = stream('Live')) =>
    hasLiveEdge(frame({ player, stream: seen }), seen);

  it('is there with a picture, and not while its publisher is away', () => {
    expect(liveEdge(playing)).toBe(true);
    expect(liveEdge(playing, 'unknown')).toBe(true);
    expect(liveEdge(playing, stream('Reconnecting'))).toBe(false);
    const paused = { ...playing, state: 'paused', atLiveEdge: false } as const;
    expect(liveEdge(paused, stream('Reconnecting'))).toBe(false);
  });

  it('is where a viewer may go who is behind', () => {
    const behind = { ...playing, atLiveEdge: false } as const;
    expect(liveEdge(behind, stream('Reconnecting'))).toBe(true);
  });

  it('is gone with the end of the show, while its last seconds still play', () => {
    expect(liveEdge(playing, stream('Ended'))).toBe(false);
  });
});

describe('isPlayable', () => {
  it('tries before the server has answered', () => {
    expect(isPlayable('unknown', true)).toBe(true);
    expect(isPlayable('unknown', false)).toBe(false);
    expect(isPlayable(stream('Reconnecting'), false)).toBe(true);
    expect(isPlayable(stream('Ready'), true)).toBe(false);
    expect(isPlayable(undefined, true)).toBe(false);
  });
});
