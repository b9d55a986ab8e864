import { describe, expect, it } from 'vitest';
import type { Segment } from '../packager/segment-window.ts';
import { measureBandwidth, renderMasterPlaylist } from './master-playlist.ts';

const segment = (duration: number, byteLength: number, gap = false) => ({ duration, byteLength, gap }) as Segment;

describe('measureBandwidth', () => {
  const peak = (...segments: Segment[]) => measureBandwidth(segments, 2)?.peak;

  it('takes the peak of runs of some length and the average of all', () => {
    const segments = [segment(2, 500_000), segment(2, 750_000), segment(0.3, 400_000), segment(2, 0, true)];
    expect(measureBandwidth(segments, 2)).toEqual({ peak: 4_000_000, average: 3_069_768 });
    expect(measureBandwidth(segments.slice(0, 2), 2)).toEqual({ peak: 3_000_000, average: 2_500_000 });
    expect(measureBandwidth([], 2)).toBeUndefined();
  });

  it('takes many short segments together', () => {
    const still = Array.from({ length: 60 }, () => segment(0.25, 25_000));
    expect(peak(...still)).toBe(800_000);
    // Four of them make half a target duration and more of what is fast; with any other it is less.
    const fast = Array.from({ length: 4 }, () => segment(0.25, 100_000));
    expect(peak(...still, ...fast, ...still)).toBe(3_200_000);
    expect(peak(...still, ...fast.slice(0, 2), ...still)).toBe(2_000_000);
  });

  it('does not join what is on the two sides of a gap', () => {
    const [slow, fast] = [segment(2, 250_000), segment(0.5, 250_000)];
    expect(peak(slow, fast, fast, slow)).toBe(4_000_000);
    expect(peak(slow, fast, segment(2, 0, true), fast, slow)).toBe(1_600_000);
  });

  it('counts runs of half to one and a half target durations, these included', () => {
    const slow = segment(2, 250_000);
    expect(peak(slow, segment(1, 500_000), slow)).toBe(4_000_000);
    expect(peak(slow, segment(0.96, 500_000), slow)).toBe(Math.ceil((750_000 * 8) / 2.96));
    // 3 s together are a run; where they are longer, the short one is in none and tells nothing.
    expect(peak(slow, segment(2.2, 275_000), segment(0.8, 400_000))).toBe(1_800_000);
    expect(peak(slow, segment(2.3, 287_500), segment(0.8, 400_000))).toBe(Math.ceil((937_500 * 8) / 5.1));
  });

  it('counts a segment by itself that is longer than a run may be', () => {
    expect(peak(segment(2, 250_000), segment(8, 4_000_000), segment(2, 250_000))).toBe(4_000_000);
  });

  it('counts the bytes of a segment that lasts no time with its neighbours', () => {
    expect(peak(segment(2, 250_000), segment(0, 50_000))).toBe(1_200_000);
    expect(peak(segment(0, 50_000))).toBeUndefined();
  });

  it('divides by the duration that a player reads', () => {
    expect(peak(segment(4 / 3, 1_000_000))).toBe(Math.ceil(8_000_000 / 1.33333));
  });
});

describe('renderMasterPlaylist', () => {
  it('writes what is known of each variant', () => {
    const text = renderMasterPlaylist([
      {
        uri: 'source/playlist.m3u8',
        bandwidth: 3_000_000,
        averageBandwidth: 2_500_000,
        codecs: 'avc1.64001f,mp4a.40.2',
        resolution: { width: 1280, height: 720 },
        frameRate: 29.97,
      },
      {
        uri: 'audio/playlist.m3u8',
        bandwidth: 128_000,
        averageBandwidth: undefined,
        codecs: 'mp4a.40.2',
        resolution: undefined,
        frameRate: undefined,
      },
    ]);
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:7
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970
source/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.2"
audio/playlist.m3u8
`);
  });
});
