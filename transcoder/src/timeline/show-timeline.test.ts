import { describe, expect, it } from 'vitest';
import type { Track } from '../packager/media-sample.ts';
import { SHOW_START_MS, ShowTimeline } from './show-timeline.ts';

/** Times from the start of the show; a jump is marked with `!`. */
function mapAll(timeline: ShowTimeline, tags: readonly (readonly [Track, number])[]): string[] {
  return tags.map(([track, stamp]) => {
    const { ms, jumped } = timeline.map(track, stamp);
    return `${track[0]}${ms - SHOW_START_MS}${jumped ? '!' : ''}`;
  });
}

describe('ShowTimeline', () => {
  it('keeps audio and video of a publisher apart by what their stamps are', () => {
    const times = mapAll(new ShowTimeline(), [
      ['video', 5000],
      ['audio', 4990],
      ['audio', 5011],
      ['video', 5033],
    ]);
    expect(times).toEqual(['v0', 'a-10', 'a11', 'v33']);
  });

  it('counts on where 2^32 wraps', () => {
    const times = mapAll(new ShowTimeline(), [
      ['video', 0xfffffff0],
      ['audio', 0xfffffff8],
      ['video', 17],
      ['audio', 14],
    ]);
    expect(times).toEqual(['v0', 'a8', 'v33', 'a30']);
  });

  it('goes on without a hole where the clock jumps, either way', () => {
    const times = mapAll(new ShowTimeline(), [
      ['video', 0],
      ['video', 40],
      ['video', 9_000_040],
      ['audio', 9_000_050],
      ['video', 9_000_080],
      ['video', 0],
      ['video', 40],
    ]);
    expect(times).toEqual(['v0', 'v40', 'v80!', 'a90', 'v120', 'v160!', 'v200']);
  });

  it('repairs a step back: jitter by following at once, more by moving both tracks', () => {
    const jitter = mapAll(new ShowTimeline(), [
      ['video', 100],
      ['video', 90],
      ['video', 133],
    ]);
    expect(jitter).toEqual(['v0', 'v1', 'v33']);
    const step = mapAll(new ShowTimeline(), [
      ['video', 1000],
      ['video', 1040],
      ['video', 580],
      ['audio', 590],
      ['video', 620],
    ]);
    expect(step).toEqual(['v0', 'v40', 'v80', 'a90', 'v120']);
  });

  it('places the next publisher where it is told, whatever its clock', () => {
    const timeline = new ShowTimeline();
    mapAll(timeline, [
      ['video', 700_000],
      ['audio', 700_010],
    ]);
    timeline.continueAt(SHOW_START_MS + 2000);
    expect(
      mapAll(timeline, [
        ['video', 0],
        ['audio', 5],
        ['video', 33],
      ]),
    ).toEqual(['v2000', 'a2005', 'v2033']);
  });
});
