import { describe, expect, it } from 'vitest';
import { type LadderPreset, type LadderSource, ladderFor } from './ladder.ts';

const sizes = (preset: LadderPreset, source: LadderSource) =>
  ladderFor(preset, source).map((rung) => `${rung.name} ${rung.width}x${rung.height} ${rung.videoBitrate / 1000}k`);

describe('ladderFor', () => {
  it('gives the whole of a rung', () => {
    expect(ladderFor('720p', { width: 1920, height: 1080, frameRate: 30 })[0]).toEqual({
      name: '720p',
      width: 1280,
      height: 720,
      videoBitrate: 2_500_000,
      maxBitrate: 3_000_000,
      bufferBits: 2_500_000,
      frameRate: 30,
      levelIdc: 31,
    });
  });

  it.each<[string, LadderPreset, LadderSource, string[]]>([
    [
      'the presets below the source',
      '1080p',
      { width: 2560, height: 1440, frameRate: 30 },
      ['1080p 1920x1080 5000k', '720p 1280x720 2500k', '480p 854x480 1200k', '360p 640x360 800k'],
    ],
    [
      'half as much again for 60 frames a second',
      '720p',
      { width: 1920, height: 1080, frameRate: 60 },
      ['720p 1280x720 3750k', '480p 854x480 1800k', '360p 640x360 1200k'],
    ],
    [
      'never the height of the source itself',
      '720p',
      { width: 1280, height: 720, frameRate: 25 },
      ['480p 854x480 1200k', '360p 640x360 800k'],
    ],
    ['never more than the source', '1080p', { width: 640, height: 400, frameRate: 30 }, ['360p 576x360 700k']],
    ['nothing below a small source', '1080p', { width: 640, height: 360, frameRate: 30 }, []],
    ['nothing without a preset', 'none', { width: 1920, height: 1080, frameRate: 30 }, []],
    [
      'portrait by its shorter side',
      '480p',
      { width: 1080, height: 1920, frameRate: 30 },
      ['480p 480x854 1200k', '360p 360x640 800k'],
    ],
    ['wide pictures by their area', '360p', { width: 3440, height: 1440, frameRate: 30 }, ['360p 860x360 1100k']],
    [
      'thirty frames where the source does not say',
      '360p',
      { width: 960, height: 540, frameRate: undefined },
      ['360p 640x360 800k'],
    ],
    ['nothing for a picture that is too large', '720p', { width: 16_384, height: 16_384, frameRate: 30 }, []],
  ])('gives %s', (_, preset, source, expected) => {
    expect(sizes(preset, source)).toEqual(expected);
  });

  it('names the level that the picture rate needs', () => {
    const levels = (frameRate: number) =>
      ladderFor('1080p', { width: 3840, height: 2160, frameRate }).map((rung) => rung.levelIdc);
    expect(levels(30)).toEqual([40, 31, 31, 30]);
    expect(levels(60)).toEqual([42, 32, 31, 31]);
  });
});
