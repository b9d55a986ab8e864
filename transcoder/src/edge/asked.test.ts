import { describe, expect, it } from 'vitest';
import { readUrl, withoutWaiting, type Asked } from './asked.ts';

const stream = { namespace: 'shows', name: 'live' };

describe('what a URL asks for', () => {
  it.each([
    ['/hls/shows/live/master.m3u8?x=1', { kind: 'master', target: '/hls/shows/live/master.m3u8', awaits: undefined }],
    ['/hls/shows/live/720p/7.m4s?a', { kind: 'segment', target: '/hls/shows/live/720p/7.m4s', awaits: undefined }],
    ['/hls/shows/live/720p/7.0.m4s', { kind: 'part', target: '/hls/shows/live/720p/7.0.m4s', awaits: undefined }],
    [
      '/hls/shows/live/source/init-0123456789ab.mp4',
      { kind: 'map', target: '/hls/shows/live/source/init-0123456789ab.mp4', awaits: undefined },
    ],
    [
      '/hls/shows/live/source/playlist.m3u8?b=2&_HLS_skip=NO',
      { kind: 'playlist', target: '/hls/shows/live/source/playlist.m3u8', awaits: undefined },
    ],
    [
      '/hls/shows/live/source/playlist.m3u8?_HLS_skip=v2&_HLS_part=03&token=a&_HLS_msn=007',
      {
        kind: 'playlist',
        target: '/hls/shows/live/source/playlist.m3u8?_HLS_msn=7&_HLS_part=3&_HLS_skip=YES',
        awaits: { msn: 7, part: 3, plainTarget: '/hls/shows/live/source/playlist.m3u8?_HLS_skip=YES' },
      },
    ],
  ])('%s', (url, asked) => {
    expect(readUrl(url)).toEqual({ stream, ...asked });
  });

  it('is without what it waits for the playlist as it is', () => {
    const asked = readUrl('/hls/shows/live/source/playlist.m3u8?_HLS_msn=7&_HLS_part=3') as Asked;
    expect(withoutWaiting(asked)).toEqual(readUrl('/hls/shows/live/source/playlist.m3u8'));
  });

  it.each([
    ['/hls/', 404],
    ['/hls/shows/live', 404],
    ['/hls/shows/live/', 404],
    ['/hls/shows/live/source/../master.m3u8', 404],
    ['/hls/shows/live/%73ource/playlist.m3u8', 404],
    ['/hls/shows/live//playlist.m3u8', 404],
    ['/hls/shows/live/source/playlist.m3u8/', 404],
    ['/hls/shows.evil.example/live/master.m3u8', 404],
    ['/hls/shows/live.evil/master.m3u8', 404],
    ['/hls/shows/live@evil/master.m3u8', 404],
    ['/hls/shows/-live/master.m3u8', 404],
    ['/hls/shows/live-/master.m3u8', 404],
    ['/hls/SHOWS/live/master.m3u8', 404],
    [`/hls/shows/${'a'.repeat(64)}/master.m3u8`, 404],
    ['/hls/shows/live/source/playlist.m3u8?_HLS_part=3', 400],
    ['/hls/shows/live/source/playlist.m3u8?_HLS_msn=9999999999999999', 400],
  ])('%s is refused', (url, status) => {
    expect(readUrl(url)).toMatchObject({ problem: { status } });
  });
});
