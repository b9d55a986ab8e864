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

  it('brings tracks together whose stamps lie far apart, and goes at their pace', () => {
    const tags = Array.from({ length: 100 }, (_, i) => [
      ['video', i * 40] as const,
      ['audio', 3000 + i * 40 + 5] as const,
    ]).flat();
    const times = mapAll(new ShowTimeline(), tags);
    expect(times.slice(0, 6)).toEqual(['v0', 'a20', 'v40', 'a60', 'v80', 'a100']);
    expect(times.slice(-2)).toEqual(['v3960', 'a3980']);
  });

  it('counts one jump where one track leaps away from the other', () => {
    const tags = Array.from({ length: 20 }, (_, i) => [
      ['video', i * 40] as const,
      ['audio', i * 40 + (i < 10 ? 5 : 4005)] as const,
    ]).flat();
    const times = mapAll(new ShowTimeline(), tags);
    expect(times.filter((time) => time.endsWith('!'))).toEqual(['a405!']);
    expect(times.slice(-2)).toEqual(['v760', 'a765']);
  });

  it('lets a track that paused come back to the other', () => {
    const tags: [Track, number][] = [['audio', 0]];
    for (let stamp = 0; stamp <= 6000; stamp += 40) tags.push(['video', stamp]);
    tags.push(['audio', 6005], ['video', 6040]);
    expect(mapAll(new ShowTimeline(), tags).slice(-3)).toEqual(['v6000', 'a6005', 'v6040']);
  });

  it('keeps the tracks of a clock that jumped together, whichever comes first', () => {
    const jump = (order: [Track, number][]) =>
      mapAll(new ShowTimeline(), [['video', 0], ['audio', 10], ['video', 40], ['audio', 50], ...order]);
    expect(
      jump([
        ['video', 900_080],
        ['audio', 900_090],
      ]).slice(-2),
    ).toEqual(['v80!', 'a90']);
    expect(
      jump([
        ['audio', 900_090],
        ['video', 900_080],
      ]).slice(-2),
    ).toEqual(['a90!', 'v80']);
  });
});
