import { describe, expect, it } from 'vitest';
import {
  decodableAt,
  newestProgrammeTime,
  nextUpdate,
  programmeTimeAtEnd,
  type MediaPlaylist,
  type Part,
} from './media-playlist.ts';

const part = (independent = false, duration = 0.2): Part => ({ uri: 'p', duration, independent });
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);

const growing: MediaPlaylist = {
  resolvedUri: 'http://host/hls/default/live/media.m3u8',
  mediaSequence: 100,
  targetDuration: 2,
  partTargetDuration: 0.2,
  segments: [
    { duration: 2, dateTimeObject: at(0) },
    { duration: 1, dateTimeObject: at(2), parts: [part(true), part(), part(), part(), part()] },
    { duration: 2, preload: true, dateTimeObject: at(3), parts: [part(true), part(), part()] },
  ],
};
const complete: MediaPlaylist = { ...growing, segments: growing.segments.slice(0, 2) };

describe('nextUpdate', () => {
  it('waits for the next part of a segment that grows', () => {
    expect(nextUpdate(growing)).toEqual({ msn: 102, part: 3 });
  });
  it('waits for the first part of the next segment when the last is complete', () => {
    expect(nextUpdate(complete)).toEqual({ msn: 102, part: 0 });
  });
});

describe('decodableAt', () => {
  it('is the last independent part at or before a time', () => {
    expect(decodableAt(growing, 3)).toEqual({ segmentIndex: 2, partIndex: 0, start: 3 });
    expect(decodableAt(growing, 2.9)).toEqual({ segmentIndex: 1, partIndex: 0, start: 2 });
    expect(decodableAt(complete, 99)).toEqual({ segmentIndex: 1, partIndex: 0, start: 2 });
  });
  it('is the start of a segment where no parts are listed', () => {
    expect(decodableAt(growing, 1.1)).toEqual({ segmentIndex: 0, partIndex: null, start: 0 });
  });
});

describe('newestProgrammeTime', () => {
  it('adds what follows the last dated segment', () => {
    expect(newestProgrammeTime(growing)).toBeCloseTo(1_700_000_003.6, 3);
    const undated = growing.segments.map((segment, index) =>
      index === 2 ? { ...segment, dateTimeObject: null } : segment,
    );
    const segments = undated.map(({ dateTimeObject, ...rest }) =>
      dateTimeObject ? { ...rest, dateTimeObject } : rest,
    );
    expect(newestProgrammeTime({ ...growing, segments })).toBeCloseTo(1_700_000_003.6, 3);
  });
  it('is known for each part', () => {
    expect(programmeTimeAtEnd(growing, 1, 1)).toBeCloseTo(1_700_000_002.4, 3);
    expect(programmeTimeAtEnd(growing, 0, null)).toBeCloseTo(1_700_000_002, 3);
    expect(programmeTimeAtEnd(growing, 9, null)).toBeUndefined();
  });
  it('is unknown without dates', () => {
    expect(
      newestProgrammeTime({ resolvedUri: '', mediaSequence: 0, targetDuration: 2, segments: [{ duration: 2 }] }),
    ).toBeUndefined();
  });
});
