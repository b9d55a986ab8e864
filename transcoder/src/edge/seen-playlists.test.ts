import { describe, expect, it } from 'vitest';
import { readUrl, type Asked } from './asked.ts';
import { ByteBudget } from './byte-budget.ts';
import { SeenPlaylists } from './seen-playlists.ts';

const LIVE = '/hls/default/live';
const PLAYLIST = Buffer.from(`#EXTM3U
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6
#EXT-X-MEDIA-SEQUENCE:99
#EXT-X-MAP:URI="init-0123456789ab.mp4"
#EXTINF:2.00000,
99.m4s
#EXT-X-PART:DURATION=0.20000,URI="100.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="100.1.m4s"
`);
const MASTER = Buffer.from(
  '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsource/playlist.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/playlist.m3u8\n',
);
const asked = (path: string) => readUrl(`${LIVE}/${path}`) as Asked;
const listed = (playlists: SeenPlaylists, paths: readonly string[]) =>
  paths.filter((path) => playlists.lists(asked(path)));

describe('playlists that came', () => {
  it.each(['', '?_HLS_skip=YES'])('list media and what comes next, each in its own rendition (%j)', (skip) => {
    const playlists = new SeenPlaylists(new ByteBudget(1_000_000));
    const there = ['99.m4s', '100.0.m4s', '100.1.m4s', 'init-0123456789ab.mp4'].map((name) => `source/${name}`);
    const others = ['98.m4s', '100.m4s', '100.2.m4s', '99.0.m4s', 'init-ba9876543210.mp4'].map(
      (name) => `source/${name}`,
    );
    const all = [...there, ...others, '720p/99.m4s'];
    expect(listed(playlists, all)).toEqual([]);
    playlists.read(`${LIVE}/source/playlist.m3u8${skip}`, PLAYLIST);
    expect(listed(playlists, all)).toEqual(there);
  });

  it('are there themselves, as are those that the master playlist lists', () => {
    const playlists = new SeenPlaylists(new ByteBudget(1_000_000));
    const all = ['master', 'source/playlist', '720p/playlist', '360p/playlist'].map((name) => `${name}.m3u8`);
    expect(listed(playlists, all)).toEqual(['master.m3u8']);
    playlists.read(`${LIVE}/source/playlist.m3u8`, PLAYLIST);
    expect(listed(playlists, [...all, 'source/playlist.m3u8?_HLS_msn=100&_HLS_part=1'])).toEqual([
      'master.m3u8',
      'source/playlist.m3u8',
      'source/playlist.m3u8?_HLS_msn=100&_HLS_part=1',
    ]);
    playlists.read(`${LIVE}/master.m3u8`, MASTER);
    expect(listed(playlists, [...all, '720p/playlist.m3u8?_HLS_skip=YES'])).toEqual([
      'master.m3u8',
      'source/playlist.m3u8',
      '720p/playlist.m3u8',
      '720p/playlist.m3u8?_HLS_skip=YES',
    ]);
  });

  it('take no more memory than they may, whatever a transcoder sends', () => {
    const playlists = new SeenPlaylists(new ByteBudget(1_000_000));
    const long = Array.from({ length: 5_000 }, (_, msn) => `#EXTINF:1.00000,\n${msn}.m4s\n`).join('');
    playlists.read(`${LIVE}/source/playlist.m3u8`, Buffer.from(`#EXTM3U\n${long}`));
    const numbers = Array.from({ length: 5_000 }, (_, msn) => `source/${msn}.m4s`);
    const remembered = listed(playlists, numbers);
    expect(remembered).toEqual(numbers.slice(-remembered.length));
    expect(remembered.length * '#EXTINF:1.00000,\n4999.m4s\n'.length).toBeLessThanOrEqual(32 * 1024);
    expect(remembered.length).toBeGreaterThan(1_000);
    const renditions = Array.from({ length: 100 }, (_, n) => `r${n}/playlist.m3u8`);
    for (const rendition of renditions) playlists.read(`${LIVE}/${rendition}`, PLAYLIST);
    expect(listed(playlists, renditions)).toHaveLength(63);
  });
});

describe('playlists of all streams', () => {
  it('are remembered within one budget, and of the stream that takes most the largest is forgotten', () => {
    const budget = new ByteBudget(7_000);
    const [greedy, modest] = [new SeenPlaylists(budget), new SeenPlaylists(budget)];
    const long = Buffer.concat([PLAYLIST, Buffer.alloc(4_000, '#')]);
    greedy.read('/greedy/long', long);
    greedy.read('/greedy/short', PLAYLIST);
    modest.read('/modest/1', PLAYLIST);
    expect([greedy.newest('/greedy/long'), modest.newest('/modest/1')]).not.toContain(undefined);
    modest.read('/modest/2', PLAYLIST);
    modest.read('/modest/3', PLAYLIST);
    expect(greedy.newest('/greedy/long')).toBeUndefined();
    expect([greedy.newest('/greedy/short'), modest.newest('/modest/3')]).not.toContain(undefined);
  });

  it('leave their room to others when they come anew, and when their stream is forgotten', () => {
    const budget = new ByteBudget(2_000);
    const [first, second] = [new SeenPlaylists(budget), new SeenPlaylists(budget)];
    for (let time = 0; time < 10; time += 1) first.read('/first/1', PLAYLIST);
    first.read('/first/2', PLAYLIST);
    expect([first.newest('/first/1'), first.newest('/first/2')]).not.toContain(undefined);
    first.forget();
    second.read('/second/1', PLAYLIST);
    second.read('/second/2', PLAYLIST);
    expect([second.newest('/second/1'), second.newest('/second/2')]).not.toContain(undefined);
    expect(first.newest('/first/1')).toBeUndefined();
  });
});
