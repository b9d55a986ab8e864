import { describe, expect, it } from 'vitest';
import type { LiveStreamView } from '../api/live-stream-feed.ts';
import { homeSections } from './home-sections.ts';
import { stateWords } from './state-words.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const stream = (name: string, phase: LiveStreamView['phase'], more: Partial<LiveStreamView> = {}): LiveStreamView => ({
  namespace: 'default',
  name,
  title: name,
  visibility: 'public',
  phase,
  playback: { hls: '' },
  ...more,
});

describe('homeSections', () => {
  it('puts each stream where people look for it', () => {
    const { live, upcoming, ended } = homeSections(
      [
        stream('old', 'Live', { startedAt: '2026-11-21T10:00:00Z' }),
        stream('new', 'Reconnecting', { startedAt: '2026-11-21T11:00:00Z' }),
        stream('later', 'Ready', { startAt: '2026-11-23T20:00:00Z' }),
        stream('soon', 'Ended', { startAt: '2026-11-21T20:00:00Z', endedAt: '2026-11-20T20:00:00Z' }),
        stream('over', 'Ended', { endedAt: '2026-11-20T20:00:00Z' }),
        stream('idle', 'Ready'),
      ],
      NOW,
    );
    const names = (streams: LiveStreamView[]) => streams.map(({ name }) => name);
    expect([names(live), names(upcoming), names(ended)]).toEqual([['new', 'old'], ['soon', 'later'], ['over']]);
  });
});

describe('stateWords', () => {
  it('say how things stand', () => {
    expect(stateWords(stream('a', 'Live', { startedAt: '2026-11-21T10:48:00Z' }), NOW)).toBe('On air for 1 h 12 min');
    expect(stateWords(stream('a', 'Reconnecting'), NOW)).toBe('Paused, coming back');
    expect(stateWords(stream('a', 'Ended', { endedAt: '2026-11-21T11:00:00Z' }), NOW)).toBe('Ended 1 h ago');
    expect(stateWords(stream('a', 'Ready'), NOW)).toBe('Not live yet');
  });
});
