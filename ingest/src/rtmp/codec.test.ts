import { FLV_AUDIO, FLV_VIDEO } from '@showrunner/service-kit';
import { describe, expect, it } from 'vitest';
import { codecProblem } from './codec.ts';

const audio = (hex: string) => codecProblem(FLV_AUDIO, Buffer.from(hex, 'hex'));
const video = (hex: string) => codecProblem(FLV_VIDEO, Buffer.from(hex, 'hex'));

describe('codecProblem', () => {
  it('has nothing against AAC, and passes over what is cut short or announced empty', () => {
    expect([audio('af001190'), audio('af0121'), audio('af'), audio('af00')]).toEqual([
      ...[undefined, undefined, 'ignored', 'ignored'],
    ]);
  });

  it('tells sound of another codec, of a sample rate that AAC has not, and of channels that cannot be played', () => {
    // MP3, Opus in enhanced RTMP, xHE-AAC, half a record; 1 Hz written out; 2.1 by a layout of its own, 7.1 of layout 12.
    expect(['2f00', '904f707573', 'af00f94c4000', 'af0011'].map(audio)).toEqual(Array(4).fill('unsupported-audio'));
    expect(audio('af00178000009000')).toBe('unsupported-sample-rate');
    expect([audio('af001180'), audio('af0011e0')]).toEqual(['unsupported-channels', 'unsupported-channels']);
  });

  it('takes H.264 alone', () => {
    expect([video('170100000065'), video('5700'), video('1c00'), video('90617663')]).toEqual([
      ...[undefined, 'ignored', 'unsupported-video', 'unsupported-video'],
    ]);
  });
});
