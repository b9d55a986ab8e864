import { expect, it } from 'vitest';
import { brokenRules, readPlaylist } from './playlist-rules.ts';

const playlist = (parts: string, duration = '0.40000') => `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6
#EXT-X-PART-INF:PART-TARGET=0.2
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-MAP:URI="init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T12:00:00.000Z
${parts}#EXTINF:${duration},
1.m4s
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="2.0.m4s"
`;
const part = (index: number, duration: string, more = '') =>
  `#EXT-X-PART:DURATION=${duration},URI="1.${index}.m4s"${more}\n`;

it('reads which parts are gaps: these alone may be short', () => {
  const short = (more: string) => playlist(part(0, '0.2') + part(1, '0.05', more) + part(2, '0.15'));
  expect(readPlaylist(short(',GAP=YES')).segments[0]!.parts.map(({ gap }) => gap)).toEqual([false, true, false]);
  expect(brokenRules(short(',GAP=YES'))).toEqual([]);
  expect(brokenRules(short(''))).toEqual(['1.1.m4s lasts 0.05 s, less than 85 % of PART-TARGET.']);
});

it('lets nothing last no time or less', () => {
  expect(brokenRules(playlist('', '0.00000'))).toEqual(['1.m4s lasts 0 s.']);
  expect(brokenRules(playlist('', '-3.00000'))).toEqual(['1.m4s lasts -3 s.']);
  expect(brokenRules(playlist(part(0, '0.2') + part(1, '0.2') + part(2, '0')))).toEqual(['1.2.m4s lasts 0 s.']);
});
