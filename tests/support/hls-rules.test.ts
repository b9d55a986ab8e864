import { describe, expect, it } from 'vitest';
import { expandDelta, nextPosition, parseAttributes, parseMaster, parseMedia } from './hls-playlist.ts';
import {
  checkBandwidth,
  checkBlockingAnswer,
  checkDelta,
  checkMasterPlaylist,
  checkMediaPlaylist,
  checkRenditionReport,
  checkSuccession,
} from './hls-rules.ts';

const HEAD = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=1.5,HOLD-BACK=6.0
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:10
#EXT-X-DISCONTINUITY-SEQUENCE:3
#EXT-X-MAP:URI="init-1.mp4"
`;

/** Segments 10 to 12 of 2 s, then the first part of 13. */
const GOOD = `${HEAD}#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
10.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:02.000Z
#EXTINF:2.00000,
11.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04.000Z
#EXT-X-PART:DURATION=0.50000,URI="12.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="12.1.m4s"
#EXT-X-PART:DURATION=0.50000,URI="12.2.m4s"
#EXT-X-PART:DURATION=0.50000,URI="12.3.m4s"
#EXTINF:2.00000,
12.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06.000Z
#EXT-X-PART:DURATION=0.50000,URI="13.0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.1.m4s"
#EXT-X-RENDITION-REPORT:URI="../360p/media.m3u8",LAST-MSN=13,LAST-PART=0
`;

const LATER = GOOD.replace(
  '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.1.m4s"',
  '#EXT-X-PART:DURATION=0.50000,URI="13.1.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="13.2.m4s"',
);

const rulesOf = (text: string) => checkMediaPlaylist(parseMedia(text)).map(({ rule }) => rule);
const succession = (before: string, after: string) =>
  checkSuccession(parseMedia(before), parseMedia(after)).map(({ rule }) => rule);

describe('the playlist parser', () => {
  it('reads attributes whose quoted values hold commas', () => {
    expect([...parseAttributes('BANDWIDTH=1200,CODECS="avc1.64001f,mp4a.40.2",FRAME-RATE=30.000')]).toEqual([
      ['BANDWIDTH', '1200'],
      ['CODECS', 'avc1.64001f,mp4a.40.2'],
      ['FRAME-RATE', '30.000'],
    ]);
  });

  it('numbers segments and parts', () => {
    const playlist = parseMedia(GOOD);
    expect(playlist.segments.map(({ sequence, uri, parts }) => [sequence, uri, parts.length])).toEqual([
      [10, '10.m4s', 0],
      [11, '11.m4s', 0],
      [12, '12.m4s', 4],
      [13, undefined, 1],
    ]);
    expect(nextPosition(playlist)).toEqual({ msn: 13, part: 1 });
  });

  it('numbers discontinuities from the tag and from those before the segment', () => {
    const playlist = parseMedia(GOOD.replace('#EXTINF:2.00000,\n11', '#EXT-X-DISCONTINUITY\n#EXTINF:2.00000,\n11'));
    expect(playlist.segments.map(({ discontinuitySequence }) => discontinuitySequence)).toEqual([3, 4, 4, 4]);
  });

  it('expands a delta update with the playlist before it', () => {
    const delta = parseMedia(
      `${HEAD.replace('#EXT-X-MAP:URI="init-1.mp4"\n', '')}#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n${LATER.slice(LATER.indexOf('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:04'))}`,
    );
    expect(delta.skipped).toBe(2);
    const expanded = expandDelta(parseMedia(GOOD), delta);
    expect(expanded && checkDelta(parseMedia(LATER), expanded)).toEqual([]);
    expect(expanded?.segments).toEqual(parseMedia(LATER).segments);
  });

  it('knows a delta update that skips what the reader never saw', () => {
    const delta = parseMedia(`${HEAD}#EXT-X-SKIP:SKIPPED-SEGMENTS=5\n#EXTINF:2,\n15.m4s\n`);
    expect(expandDelta(parseMedia(GOOD), delta)).toBeUndefined();
  });
});

describe('the rules for one playlist', () => {
  it('compares a delta update with a full playlist, whichever is of an earlier moment', () => {
    const [earlier, later] = [parseMedia(GOOD), parseMedia(LATER)];
    expect(checkDelta(earlier, later)).toEqual([]);
    expect(checkDelta(later, earlier)).toEqual([]);
    const torn = parseMedia(LATER.replace('URI="12.1.m4s"', 'URI="x.m4s"'));
    expect(checkDelta(earlier, torn)).toHaveLength(1);
    expect(checkDelta(torn, earlier)).toHaveLength(1);
  });

  it('finds nothing wrong with a good one', () => {
    expect(checkMediaPlaylist(parseMedia(GOOD))).toEqual([]);
    expect(checkMediaPlaylist(parseMedia(LATER))).toEqual([]);
  });

  it.each([
    ['no target duration', GOOD.replace('#EXT-X-TARGETDURATION:2\n', ''), 'TARGETDURATION'],
    ['a segment longer than the target', GOOD.replace('#EXTINF:2.00000,\n10', '#EXTINF:2.60000,\n10'), 'EXTINF'],
    ['a segment that lasts no time', GOOD.replace('#EXTINF:2.00000,\n10', '#EXTINF:0.00000,\n10'), 'EXTINF'],
    ['a segment of less than no time', GOOD.replace('#EXTINF:2.00000,\n10', '#EXTINF:-3.00000,\n10'), 'EXTINF'],
    ['a part that lasts no time', GOOD.replace('DURATION=0.50000,URI="13.0', 'DURATION=0,URI="13.0'), 'PART'],
    ['a part longer than its target', GOOD.replace('DURATION=0.50000,URI="12.1', 'DURATION=0.52,URI="12.1'), 'PART'],
    ['a short part inside a segment', GOOD.replace('DURATION=0.50000,URI="12.1', 'DURATION=0.4,URI="12.1'), 'PART'],
    ['parts that do not add up', GOOD.replace('URI="12.3', 'URI="x').replace('0.50000,URI="x', '0.2,URI="x'), 'PART'],
    ['a small part hold back', GOOD.replace('PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.25'), 'PART-HOLD-BACK'],
    ['a small hold back', GOOD.replace(',HOLD-BACK=6.0', ',HOLD-BACK=4.0'), 'HOLD-BACK'],
    ['a small skip boundary', GOOD.replace('CAN-SKIP-UNTIL=12.0', 'CAN-SKIP-UNTIL=6.0'), 'CAN-SKIP-UNTIL'],
    ['no blocking reload', GOOD.replace('CAN-BLOCK-RELOAD=YES,', ''), 'CAN-BLOCK-RELOAD'],
    ['no server control', GOOD.replace(/#EXT-X-SERVER-CONTROL.*\n/, ''), 'SERVER-CONTROL'],
    ['no part target', GOOD.replace(/#EXT-X-PART-INF.*\n/, ''), 'PART-INF'],
    ['no map', GOOD.replace(/#EXT-X-MAP.*\n/, ''), 'MAP'],
    ['an old version', GOOD.replace('VERSION:9', 'VERSION:3'), 'VERSION'],
    ['no dates', GOOD.replace(/#EXT-X-PROGRAM-DATE-TIME.*\n/g, ''), 'PROGRAM-DATE-TIME'],
    ['a date that jumps', GOOD.replace('00:00:04.000Z', '00:00:04.500Z'), 'PROGRAM-DATE-TIME'],
    ['a date that goes back', GOOD.replace('00:00:04.000Z', '00:00:01.500Z'), 'PROGRAM-DATE-TIME'],
    ['no hint', GOOD.replace(/#EXT-X-PRELOAD-HINT.*\n/, ''), 'PRELOAD-HINT'],
    ['a hint at the end', `${GOOD}#EXT-X-ENDLIST\n`, 'PRELOAD-HINT'],
    ['a URI listed twice', GOOD.replace('\n11.m4s', '\n10.m4s'), 'URI'],
    ['a URI without duration', GOOD.replace('#EXTINF:2.00000,\n11.m4s', '11.m4s'), 'SYNTAX'],
  ])('finds %s', (_what, text, rule) => {
    expect(rulesOf(text)).toContain(rule);
  });
});

describe('the rules from one playlist to the next', () => {
  const slid = LATER.replace('SEQUENCE:10', 'SEQUENCE:11').replace(/#EXT-X-PROG.*\n#EXTINF:2.00000,\n10.m4s\n/, '');

  it('finds nothing wrong with a good pair', () => {
    expect(succession(GOOD, LATER)).toEqual([]);
    expect(succession(GOOD, GOOD)).toEqual([]);
  });

  it('lets the window slide while three target durations remain', () => {
    const longer = slid.replace(
      /#EXT-X-PRELOAD[^]*/,
      '#EXTINF:2.0,\n13.m4s\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="14.0.m4s"\n',
    );
    expect(succession(LATER, longer)).toEqual([]);
    expect(succession(LATER, slid.replace(/#EXT-X-PART:DURATION=0.50000,URI="13[^]*/, ''))).toContain('SEGMENT');
  });

  it.each([
    ['a changed target duration', LATER.replace('TARGETDURATION:2', 'TARGETDURATION:3'), 'TARGETDURATION'],
    ['a changed part target', LATER.replace('PART-TARGET=0.5', 'PART-TARGET=0.6'), 'PART-INF'],
    ['a sequence that goes back', LATER.replace('SEQUENCE:10', 'SEQUENCE:9'), 'MEDIA-SEQUENCE'],
    ['an end that goes back', GOOD.replace(/#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:06[^]*/, ''), 'SEGMENT'],
    ['a renamed segment', LATER.replace('\n11.m4s', '\nb.m4s'), 'SEGMENT'],
    ['a changed duration', LATER.replace('#EXTINF:2.00000,\n11', '#EXTINF:1.9,\n11'), 'SEGMENT'],
    [
      'a late discontinuity',
      LATER.replace('#EXTINF:2.00000,\n11', '#EXT-X-DISCONTINUITY\n#EXTINF:2.00000,\n11'),
      'SEGMENT',
    ],
    ['a wrong discontinuity number', LATER.replace('CE:3', 'CE:4'), 'DISCONTINUITY-SEQUENCE'],
    ['a renamed part', LATER.replace('13.0.m4s', 'x.m4s'), 'PART'],
    ['parts that vanish early', LATER.replace(/#EXT-X-PART:.*12\.\d.*\n/g, ''), 'PART'],
    ['a hint that did not come', LATER.replace('13.1.m4s', 'other.m4s'), 'PRELOAD-HINT'],
  ])('finds %s', (_what, after, rule) => {
    expect(succession(GOOD, after)).toContain(rule);
  });

  it('finds a hint that skips to the next segment', () => {
    const ended = LATER.replace(
      /#EXT-X-PART:[^\n]*13\.1[^]*/,
      '#EXTINF:0.5,\n13.m4s\n#EXT-X-PART:DURATION=0.5,URI="14.0.m4s"\n',
    );
    expect(succession(GOOD, ended)).toContain('PRELOAD-HINT');
  });

  it('forgives a hint where the show went on with a discontinuity', () => {
    const ended = LATER.replace(
      /#EXT-X-PART:[^\n]*13\.1[^]*/,
      '#EXTINF:0.5,\n13.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-PART:DURATION=0.5,URI="14.0.m4s"\n',
    );
    expect(succession(GOOD, ended)).not.toContain('PRELOAD-HINT');
  });

  it('finds a change after the end', () => {
    const end = `${GOOD.replace(/#EXT-X-PRELOAD[^]*/, '')}#EXTINF:0.5,\n13.m4s\n#EXT-X-ENDLIST\n`;
    expect(succession(end, end)).toEqual([]);
    expect(succession(end, end.replace('#EXT-X-ENDLIST', '#EXTINF:2.0,\n14.m4s\n#EXT-X-ENDLIST'))).toContain('ENDLIST');
  });
});

describe('the rules for answers', () => {
  it('wants in a blocking answer what was asked for', () => {
    expect(checkBlockingAnswer({ msn: 13, part: 0 }, parseMedia(GOOD))).toEqual([]);
    expect(checkBlockingAnswer({ msn: 13, part: 1 }, parseMedia(GOOD))).toHaveLength(1);
    expect(checkBlockingAnswer({ msn: 12, part: undefined }, parseMedia(GOOD))).toEqual([]);
    expect(checkBlockingAnswer({ msn: 13, part: undefined }, parseMedia(GOOD))).toHaveLength(1);
  });

  it('compares a rendition report with the rendition', () => {
    const report = (lastMsn: number, lastPart: number) =>
      checkRenditionReport({ uri: 'x', lastMsn, lastPart }, parseMedia(GOOD), parseMedia(LATER));
    expect(report(13, 0)).toEqual([]);
    expect(report(13, 1)).toEqual([]);
    expect(report(13, 2)).toHaveLength(1);
    expect(report(14, 0)).toHaveLength(1);
    expect(report(11, 3)).toHaveLength(1);
  });

  it('measures BANDWIDTH over runs of half to one and a half target durations', () => {
    const segments = [
      { sequence: 1, duration: 2, bytes: 250_000 },
      { sequence: 2, duration: 0.5, bytes: 200_000 },
      { sequence: 3, duration: 2, bytes: 250_000 },
    ];
    // The short one alone would be 3.2 Mbit/s; with a neighbour it is 1.44.
    expect(checkBandwidth({ uri: 'a', bandwidth: 1_440_000 }, 2, segments)).toEqual([]);
    expect(checkBandwidth({ uri: 'a', bandwidth: 1_400_000 }, 2, segments)).toHaveLength(2);
  });

  it('wants the attributes by which a player chooses', () => {
    const master = (attributes: string) =>
      checkMasterPlaylist(parseMaster(`#EXTM3U\n#EXT-X-STREAM-INF:${attributes}\na.m3u8\n`)).map(({ rule }) => rule);
    expect(master('BANDWIDTH=1,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000')).toEqual([]);
    expect(master('BANDWIDTH=1,CODECS="mp4a.40.2"')).toEqual([]);
    expect(master('CODECS="avc1.42c01e"')).toEqual(['BANDWIDTH', 'RESOLUTION', 'FRAME-RATE']);
    expect(master('BANDWIDTH=1,RESOLUTION=1x1')).toEqual(['CODECS']);
  });
});
