import { describe, expect, it } from 'vitest';
import { Part } from '../packager/part.ts';
import type { Segment } from '../packager/segment-window.ts';
import { renderMediaPlaylist, type MediaPlaylist } from './media-playlist.ts';

const part = (duration: number, independent = false) =>
  new Part([Buffer.alloc(1000)], { duration, independent, videoSamples: 6, audioSamples: 9 });

function segment(msn: number, changes: Partial<Segment> = {}): Segment {
  return {
    msn,
    startMs: msn * 2000,
    discontinuity: false,
    discontinuitySequence: 0,
    programDateTimeMs: Date.UTC(2026, 10, 21) + msn * 2000,
    map: 'init-000000000000.mp4',
    parts: [part(1, true), part(1)],
    duration: 2,
    byteLength: 2000,
    independent: true,
    complete: true,
    gap: false,
    ...changes,
  };
}

const playlist = (changes: Partial<MediaPlaylist>): MediaPlaylist => ({
  targetDurationS: 2,
  partTargetS: 0.203,
  segments: [],
  nextPart: { msn: 13, part: 1 },
  ended: false,
  reports: [],
  ...changes,
});

describe('renderMediaPlaylist', () => {
  it('writes a low-latency playlist', () => {
    const segments = [
      segment(10),
      segment(11, { discontinuity: true, discontinuitySequence: 1, map: 'init-111111111111.mp4' }),
      segment(12, { discontinuitySequence: 1, map: 'init-111111111111.mp4', gap: true, parts: [] }),
      segment(13, {
        discontinuitySequence: 1,
        map: 'init-111111111111.mp4',
        complete: false,
        duration: 0.2,
        parts: [part(0.2, true)],
      }),
    ];
    const reports = [{ uri: '../720p/playlist.m3u8', lastMsn: 13, lastPart: 0 }];
    expect(renderMediaPlaylist(playlist({ segments, reports }), { skip: false })).toBe(
      `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=0.609,HOLD-BACK=6.0
#EXT-X-PART-INF:PART-TARGET=0.203
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-000000000000.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:20.000Z
#EXT-X-PART:DURATION=1.00000,URI="10.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="10.1.m4s"
#EXTINF:2.00000,
10.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="init-111111111111.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:22.000Z
#EXT-X-PART:DURATION=1.00000,URI="11.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="11.1.m4s"
#EXTINF:2.00000,
11.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:24.000Z
#EXT-X-GAP
#EXTINF:2.00000,
12.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:26.000Z
#EXT-X-PART:DURATION=0.20000,URI="13.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../720p/playlist.m3u8",LAST-MSN=13,LAST-PART=0
`,
    );
  });

  it('writes whole segments alone without low latency', () => {
    const segments = [segment(10), segment(11), segment(12, { complete: false })];
    expect(renderMediaPlaylist(playlist({ segments, partTargetS: undefined }), { skip: true })).toBe(
      `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:HOLD-BACK=6.0
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init-000000000000.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:20.000Z
#EXTINF:2.00000,
10.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T00:00:22.000Z
#EXTINF:2.00000,
11.m4s
`,
    );
  });

  it('skips what lies before the skip boundary, and lists parts for three target durations', () => {
    const segments = Array.from({ length: 9 }, (_, i) => segment(10 + i));
    const delta = renderMediaPlaylist(playlist({ segments }), { skip: true });
    expect(delta).toContain('#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n');
    expect(delta.match(/^\d+\.m4s$/gm)).toEqual(['13.m4s', '14.m4s', '15.m4s', '16.m4s', '17.m4s', '18.m4s']);
    expect(delta.match(/URI="\d+\.0\.m4s"/g)).toEqual(['URI="16.0.m4s"', 'URI="17.0.m4s"', 'URI="18.0.m4s"']);
  });

  it('counts the discontinuities that left, and says so where a segment needs those before it', () => {
    const segments = [segment(10, { discontinuitySequence: 4 }), segment(11, { independent: false })];
    const text = renderMediaPlaylist(playlist({ segments }), { skip: false });
    expect(text).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:4\n');
    expect(text).not.toContain('INDEPENDENT-SEGMENTS');
  });

  it('ends', () => {
    const text = renderMediaPlaylist(playlist({ segments: [segment(10)], ended: true }), { skip: false });
    expect(text.endsWith('10.m4s\n#EXT-X-ENDLIST\n')).toBe(true);
    expect(text).not.toContain('PRELOAD');
  });
});
