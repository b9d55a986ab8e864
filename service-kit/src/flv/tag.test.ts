import { describe, expect, it } from 'vitest';
import { FLV_VIDEO } from '../seams/flv-source.ts';
import { audioKind, compositionTimeMs, flvTagHeader, flvTagTrailer, videoKind } from './tag.ts';

describe('FLV tags', () => {
  it('tells what a video tag holds', () => {
    expect(videoKind(Buffer.from([0x17, 0, 0, 0, 0]))).toBe('sequence-header');
    expect(videoKind(Buffer.from([0x17, 1, 0, 0, 0, 9]))).toBe('keyframe');
    expect(videoKind(Buffer.from([0x27, 1, 0, 0, 0, 9]))).toBe('frame');
    expect(videoKind(Buffer.from([0x17, 2, 0, 0, 0]))).toBe('end');
    expect(videoKind(Buffer.from([0x90, 0x68, 0x76, 0x63, 0x31]))).toBe('unsupported');
    expect(videoKind(Buffer.alloc(0))).toBe('unsupported');
  });

  it('tells what an audio tag holds', () => {
    expect(audioKind(Buffer.from([0xaf, 0, 0x12, 0x10]))).toBe('sequence-header');
    expect(audioKind(Buffer.from([0xaf, 1, 0x21]))).toBe('frame');
    expect(audioKind(Buffer.from([0x2f, 1]))).toBe('unsupported');
  });

  it('reads composition times as signed', () => {
    expect(compositionTimeMs(Buffer.from([0x27, 1, 0, 0, 67]))).toBe(67);
    expect(compositionTimeMs(Buffer.from([0x27, 1, 0xff, 0xff, 0xdf]))).toBe(-33);
  });

  it('writes headers with the extended timestamp in the eighth byte', () => {
    expect([...flvTagHeader(FLV_VIDEO, 0x01020304, 5)]).toEqual([9, 0, 0, 5, 2, 3, 4, 1, 0, 0, 0]);
    expect([...flvTagHeader(FLV_VIDEO, 2 ** 32 + 7, 5)].slice(4, 8)).toEqual([0, 0, 7, 0]);
    expect(flvTagTrailer(5).readUInt32BE()).toBe(16);
  });
});
