import { describe, expect, it } from 'vitest';
import { parseAacConfig, readAacConfig } from './aac-config.ts';

/** AAC-LC with its sample rate written out, stereo. */
function explicitRate(rate: number): Buffer {
  const bits = ['00010', '1111', rate.toString(2).padStart(24, '0'), '0010', '000'].join('');
  return Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
}

const parse = (hex: string) => parseAacConfig(Buffer.from(hex, 'hex'));

describe('parseAacConfig', () => {
  it('reads what OBS and ffmpeg send', () => {
    expect(parse('1190')).toMatchObject({ codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2, samplesPerFrame: 1024 });
    expect(parse('118856e500')).toMatchObject({ codec: 'mp4a.40.2', sampleRate: 48_000, channels: 1 });
    expect(parse('2b11880000')).toMatchObject({ codec: 'mp4a.40.5', sampleRate: 24_000, channels: 2 });
    expect(parse('11b8')).toMatchObject({ channels: 8 });
  });

  it('takes a rate that is written out where AAC has such rates', () => {
    const rates = [0, 1, 7_349, 7_350, 47_999, 96_000, 96_001, 16_777_215];
    const taken = rates.map((rate) => parseAacConfig(explicitRate(rate))?.sampleRate);
    expect(taken).toEqual([undefined, undefined, undefined, 7_350, 47_999, 96_000, undefined, undefined]);
  });
});

describe('readAacConfig', () => {
  const problem = (hex: string) => readAacConfig(Buffer.from(hex, 'hex'));

  it('says why a record cannot be used', () => {
    // Nothing, half a record, xHE-AAC, ER AAC LD, 13 as an index of the rate.
    expect(['', '11', 'f94c4000', 'b98c00', '1690'].map(problem)).toEqual([
      ...['malformed', 'malformed', 'object-type', 'object-type'],
      'sample-rate',
    ]);
  });

  it('takes the channel layouts 1 to 7 and no others', () => {
    const layouts = Array.from({ length: 16 }, (_, layout) => Buffer.from([0x11, 0x80 | (layout << 3)]));
    const refused = layouts.flatMap((record, layout) => (readAacConfig(record) === 'channels' ? [layout] : []));
    expect(refused).toEqual([0, 8, 9, 10, 11, 12, 13, 14, 15]);
  });
});
