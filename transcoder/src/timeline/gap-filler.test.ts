import { parseAacConfig, parseAvcConfig } from '@showrunner/service-kit/flv';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { avcRecord } from '../../test/hand-made-h264.ts';
import type { MediaSample, Track } from '../packager/media-sample.ts';
import { GapFiller } from './gap-filler.ts';
import type { SentFrame } from './gop.ts';

const CONFIGS = {
  video: parseAvcConfig(avcRecord())!,
  audio: parseAacConfig(Buffer.from([0x11, 0x90]))!,
};
const FROZEN = (_n: number) => Buffer.alloc(11);

let clockMs = 0;
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Lets timers and the clock run together. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    clockMs += 10;
    await vi.advanceTimersByTimeAsync(10);
  }
}

/** A filler of a show whose media ends at 2 s, a second of which was published, and what it makes up. */
function fillerOf(options: { frameMs?: number; frozen?: typeof FROZEN | undefined; audio?: boolean } = {}) {
  const { frameMs = 40, audio = true } = options;
  const frozen = 'frozen' in options ? options.frozen : FROZEN;
  const made: MediaSample[] = [];
  const tags: Buffer[] = [];
  const said = { filledMs: 0, postponed: 0 };
  const filler = new GapFiller(
    { clockMs: 2000, partMs: 200, frameMs },
    {
      monotonicMs: () => clockMs,
      patienceMs: () => 480,
      frozenFrames: () => frozen,
      filledMs: (ms) => (said.filledMs += ms),
      postponed: () => said.postponed++,
      emit: ({ sample, tagPayload }) => {
        made.push(sample);
        tags.push(tagPayload);
      },
    },
  );
  filler.configure(audio ? CONFIGS : { video: CONFIGS.video });
  const last = (track: Track, dtsMs: number, bytes: number): SentFrame => ({
    sample: { track, dtsMs, ctsMs: 0, keyframe: true, payload: Buffer.alloc(bytes) },
    tagPayload: Buffer.alloc(bytes),
  });
  filler.received(last('video', 2000 - frameMs, 1000));
  if (audio) filler.received(last('audio', 1979, 10));
  filler.published();
  return { filler, made, tags, said };
}

describe('GapFiller', () => {
  it('makes up no more than a thousand frames at once, however short they are said to be', async () => {
    const { made, filler } = fillerOf({ frameMs: 1e-6, audio: false });
    await pass(480);
    filler.close();
    expect(made.length).toBeGreaterThan(900);
    expect(made.length).toBeLessThanOrEqual(1000);
  });

  it('repeats the keyframe where frozen pictures cannot go on', async () => {
    const { made, filler } = fillerOf({
      frozen: (n: number) => {
        if (n < 3) return FROZEN(n);
        throw new RangeError('too long');
      },
      audio: false,
    });
    await pass(1000);
    filler.close();
    expect(made.slice(0, 5).map(({ keyframe, dtsMs }) => [keyframe, dtsMs])).toEqual([
      [false, 2000],
      [false, 2040],
      [false, 2080],
      [true, 2120],
      [true, 2200],
    ]);
    expect(made.slice(5).every(({ keyframe }) => keyframe)).toBe(true);
  });

  it('goes on at once after a standstill, and catches up in steps of two parts', async () => {
    const { made, filler } = fillerOf();
    clockMs += 5000;
    await vi.advanceTimersByTimeAsync(480);
    expect(made.filter(({ track }) => track === 'video').length).toBeLessThanOrEqual(10);
    await pass(300);
    expect(Math.abs(filler.endMs! - (2000 + 5300))).toBeLessThanOrEqual(200);
    filler.close();
  });

  it('makes up nothing for a standstill of hours, and says that the show is later by that', async () => {
    const { filler, said } = fillerOf();
    await pass(1000);
    clockMs += 8 * 3_600_000;
    await pass(1000);
    filler.close();
    expect(Math.abs(filler.endMs! - (2000 + 2000))).toBeLessThanOrEqual(400);
    expect(said.postponed).toBe(1);
  });

  it.each<[string, typeof FROZEN | undefined]>([
    ['frozen pictures', FROZEN],
    ['repeated keyframes', undefined],
  ])('counts what the timeline grew by, with %s', async (_name, frozen) => {
    const { filler, said } = fillerOf({ frozen });
    const before = filler.endMs!;
    await pass(5000);
    filler.close();
    expect(said.filledMs).toBeGreaterThan(4000);
    expect(said.filledMs).toBeCloseTo(filler.endMs! - before, 6);
  });

  it('repeats the keyframe that was sent, without a copy', async () => {
    const { filler, made, tags } = fillerOf({ frozen: undefined, audio: false });
    await pass(3000);
    filler.close();
    expect(made.length).toBeGreaterThan(10);
    expect(new Set(tags).size).toBe(1);
    expect(new Set(made.map(({ payload }) => payload)).size).toBe(1);
  });
});
