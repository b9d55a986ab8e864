import { describe, expect, it } from 'vitest';
import type { LiveStreamView } from '../api/live-stream-feed.ts';
import { obsServer } from './obs-server.ts';

const stream = (server?: string): LiveStreamView => ({
  namespace: 'default',
  name: 'live',
  title: 'Live',
  visibility: 'public',
  phase: 'Ready',
  playback: { hls: '' },
  ...(server === undefined ? {} : { ingest: { server } }),
});

describe('obsServer', () => {
  it('is on the machine of the page, with the port that streams tell', () => {
    expect(obsServer([stream(), stream('rtmp://localhost:1936/live')], '192.168.0.7')).toBe(
      'rtmp://192.168.0.7:1936/live',
    );
    expect(obsServer([stream('rtmp://localhost/live')], '[::1]')).toBe('rtmp://[::1]/live');
  });

  it('keeps a name that says more', () => {
    expect(obsServer([stream('rtmps://ingest.example.org/live')], 'www.example.org')).toBe(
      'rtmps://ingest.example.org/live',
    );
    expect(obsServer([stream('rtmp://localhost.example.org/live')], 'x')).toBe('rtmp://localhost.example.org/live');
  });

  it('is unknown where nobody tells it', () => expect(obsServer([stream()], 'localhost')).toBeUndefined());
});
