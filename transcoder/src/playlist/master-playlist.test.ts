import { describe, expect, it } from 'vitest';
import type { Segment } from '../packager/segment-window.ts';
import { measureBandwidth, renderMasterPlaylist } from './master-playlist.ts';

const segment = (duration: number, byteLength: number, gap = false) => ({ duration, byteLength, gap }) as Segment;

describe('measureBandwidth', () => {
  it('takes the peak of segments of some length and the average of all', () => {
    const segments = [segment(2, 500_000), segment(2, 750_000), segment(0.3, 400_000), segment(2, 0, true)];
    expect(measureBandwidth(segments, 2)).toEqual({ peak: 3_069_768, average: 3_069_768 });
    expect(measureBandwidth(segments.slice(0, 2), 2)).toEqual({ peak: 3_000_000, average: 2_500_000 });
    expect(measureBandwidth([], 2)).toBeUndefined();
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
