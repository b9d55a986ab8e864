import { expect, it } from 'vitest';
import { parseHlsPath } from './path.ts';

it.each([
  ['/hls/default/live/master.m3u8', { kind: 'master', stream: 'default/live' }],
  ['/hls/default/live/source/playlist.m3u8', { kind: 'playlist', stream: 'default/live', rendition: 'source' }],
  ['/hls/a/b/720p/12.m4s', { kind: 'segment', msn: 12, stream: 'a/b', rendition: '720p' }],
  ['/hls/a/b/720p/12.3.m4s', { kind: 'part', msn: 12, part: 3, stream: 'a/b', rendition: '720p' }],
  [
    '/hls/a/b/source/init-0123456789ab.mp4',
    { kind: 'map', name: 'init-0123456789ab.mp4', stream: 'a/b', rendition: 'source' },
  ],
])('%s', (path, parsed) => {
  expect(parseHlsPath(path)).toEqual(parsed);
});

it.each([
  '/hls/',
  '/hls/default/live',
  '/hls/default/live/',
  '/hls/default/live/source',
  '/hls/default/live/source/',
  '/hls/default/live/source/012.m4s',
  '/hls/default/live/source/1.2.3.m4s',
  '/hls/default/live/source/99999999999999999.m4s',
  '/hls/default/live/source/playlist.m3u8/more',
  '/hls/../live/master.m3u8',
  '/hls/Default/live/master.m3u8',
  '/hls/default/%2e%2e/master.m3u8',
])('nothing can be at %s', (path) => {
  expect(parseHlsPath(path)).toBeUndefined();
});
