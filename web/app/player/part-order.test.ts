import { describe, expect, it } from 'vitest';
import type { MediaPlaylist } from './media-playlist.ts';
import { justBefore, partsAfter } from './part-order.ts';

const base = 'http://host/hls/default/live/';
const part = (uri: string, independent = false) => ({ uri, resolvedUri: base + uri, duration: 0.2, independent });
const playlist: MediaPlaylist = {
  resolvedUri: `${base}media.m3u8`,
  mediaSequence: 7,
  targetDuration: 2,
  segments: [
    { duration: 2 },
    { duration: 0.6, parts: [part('7.0', true), part('7.1'), part('7.2')] },
    { duration: 2, preload: true, parts: [part('8.0', true), part('8.1')] },
  ],
  preloadSegment: { duration: 2, preloadHints: [{ type: 'PART', uri: '8.2' }] },
};
const urls = (...names: string[]) => names.map((name) => base + name);

describe('partsAfter', () => {
  it('lists what follows, across segments, and the hinted part', () => {
    expect(partsAfter(playlist, `${base}7.2`, 9)).toEqual(urls('8.0', '8.1', '8.2'));
    expect(partsAfter(playlist, `${base}8.1`, 9)).toEqual(urls('8.2'));
  });
  it('is bounded', () => {
    expect(partsAfter(playlist, `${base}7.0`, 2)).toEqual(urls('7.1', '7.2'));
  });
  it('is nothing after a part that is not listed', () => {
    expect(partsAfter(playlist, `${base}5.0`, 9)).toEqual([]);
  });
});

describe('justBefore', () => {
  it('is the part before, also across segments', () => {
    expect(justBefore(playlist, { segmentIndex: 1, partIndex: 2, start: 0 })).toEqual({ mediaIndex: 1, partIndex: 1 });
    expect(justBefore(playlist, { segmentIndex: 2, partIndex: 0, start: 0 })).toEqual({ mediaIndex: 1, partIndex: 2 });
    expect(justBefore(playlist, { segmentIndex: 1, partIndex: 0, start: 0 })).toEqual({
      mediaIndex: 0,
      partIndex: null,
    });
  });
  it('is nothing before the first', () => {
    expect(justBefore(playlist, { segmentIndex: 0, partIndex: null, start: 0 })).toBeUndefined();
  });
});
