import { describe, expect, it } from 'vitest';
import { box } from './box.ts';
import { partHeader } from './part-header.ts';

describe('box', () => {
  it('is size, type and body', () => {
    expect(box('free', Buffer.from([1, 2])).toString('hex')).toBe('0000000a' + '66726565' + '0102');
  });
});

describe('partHeader', () => {
  const video = {
    baseDecodeTime: 0x1_0000_0002,
    samples: [
      { duration: 3000, size: 1000, keyframe: true, compositionOffset: 0 },
      { duration: 3000, size: 200, keyframe: false, compositionOffset: -3000 },
    ],
  };
  const audio = { baseDecodeTime: 48_000, frameDuration: 1024, sizes: [10, 20] };

  it('writes moof with a traf per track and the header of mdat', () => {
    const header = partHeader(7, video, audio);
    const moofBytes = header.readUInt32BE(0);
    expect(header.toString('latin1', 4, 8)).toBe('moof');
    expect(header.length).toBe(moofBytes + 8);
    expect(header.readUInt32BE(moofBytes)).toBe(8 + 1200 + 30);
    expect(header.toString('latin1', moofBytes + 4)).toBe('mdat');
    expect(header.readUInt32BE(20)).toBe(7);
    const tfdt = header.indexOf('tfdt');
    expect(header.readBigUInt64BE(tfdt + 8)).toBe(0x1_0000_0002n);
    const trun = header.indexOf('trun');
    expect(header.readUInt32BE(trun + 8)).toBe(2);
    expect(header.readInt32BE(trun + 12)).toBe(header.length);
    expect(header.readInt32BE(trun + 16 + 16 + 12)).toBe(-3000);
    const audioTrun = header.lastIndexOf('trun');
    expect(header.readInt32BE(audioTrun + 12)).toBe(header.length + 1200);
    expect(header.subarray(audioTrun + 16, audioTrun + 24).toString('hex')).toBe('0000000a00000014');
  });

  it('leaves out the track that has nothing', () => {
    expect(partHeader(1, undefined, audio).indexOf('traf')).toBe(partHeader(1, undefined, audio).lastIndexOf('traf'));
  });
});
