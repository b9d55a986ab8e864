import { describe, expect, it } from 'vitest';
import { readNginxStat } from './nginx-stat.ts';
import { nginxGrowth } from './nginx-tally.ts';

/** As nginx-rtmp 1.2.2 answers, shortened where it repeats itself. */
const ANSWER = `<?xml version="1.0" encoding="utf-8" ?>
<rtmp>
<nginx_version>1.22.1</nginx_version>
<pid>21999</pid>
<uptime>3</uptime>
<naccepted>1</naccepted>
<bw_in>0</bw_in>
<bytes_in>172590</bytes_in>
<server>
<application>
<name>live</name>
<live>
<stream>
<name>0a1b2c</name>
<time>1753</time><bw_in>0</bw_in>
<client><id>1</id><address>127.0.0.1</address><flashver>FMLE/3.0 (compatible; &lt;pid&gt;</flashver><dropped>0</dropped><avsync>-1733</avsync><publishing/><active/></client>
<client><id>2</id><address>unix:</address><dropped>7</dropped><active/></client>
<meta><video><width>320</width></video><audio></audio></meta>
<nclients>2</nclients>
<publishing/>
<active/>
</stream>
<stream>
<name>ffff</name>
<client><id>3</id><dropped>2</dropped></client>
</stream>
</live>
</application>
</server>
</rtmp>
`;

describe('the statistics of nginx', () => {
  it('are who publishes, and what was received and dropped', () => {
    expect(readNginxStat(ANSWER)).toEqual({
      pid: 21999,
      bytesIn: 172590,
      streams: new Map([
        ['0a1b2c', { publishing: true, dropped: 7 }],
        ['ffff', { publishing: false, dropped: 2 }],
      ]),
    });
  });

  it.each([
    ['', 'have no rtmp'],
    ['<html lang="en"></html>', 'hold something unknown at character 0'],
    ['<rtmp><pid>1</pid>', 'end within rtmp'],
    ['<rtmp></pid></rtmp>', 'close pid out of turn'],
    ['<rtmp><pid>one</pid></rtmp>', 'give no number as pid'],
    ['<rtmp><!DOCTYPE x [<!ENTITY a "b">]></rtmp>', 'hold something unknown'],
    ['<a>'.repeat(100), 'are too large'],
    ['<a/>'.repeat(200_001), 'are too large'],
  ])('are refused in words: %.40s', (document, words) => {
    expect(() => readNginxStat(document)).toThrow(words);
  });

  it('grow from one look to the next, and begin anew with another nginx', () => {
    const stat = (pid: number, bytesIn: number, dropped: number) => ({
      pid,
      bytesIn,
      streams: new Map([['a', { publishing: true, dropped }]]),
    });
    expect(nginxGrowth(undefined, stat(1, 100, 1))).toEqual({ receivedBytes: 100, droppedMessages: 1 });
    expect(nginxGrowth(stat(1, 100, 1), stat(1, 250, 4))).toEqual({ receivedBytes: 150, droppedMessages: 3 });
    expect(nginxGrowth(stat(1, 250, 4), stat(2, 30, 1))).toEqual({ receivedBytes: 30, droppedMessages: 1 });
    // A player that went took its count along.
    expect(nginxGrowth(stat(1, 250, 4), stat(1, 260, 0))).toEqual({ receivedBytes: 10, droppedMessages: 0 });
  });
});
