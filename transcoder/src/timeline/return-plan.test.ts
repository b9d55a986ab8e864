import { describe, expect, it } from 'vitest';
import { planReturn, type Returning } from './return-plan.ts';

const media = (changes: Partial<Returning>): Returning => ({
  track: 'video',
  dtsMs: 10_000,
  keyframe: false,
  endMs: 9_900,
  frameMs: 33,
  lateForMs: 0,
  joins: true,
  keeps: true,
  ...changes,
});

describe('planReturn', () => {
  const cases: [string, Partial<Returning>, ReturnType<typeof planReturn>][] = [
    ['a picture behind what was made up', {}, 'replay'],
    ['a keyframe there', { keyframe: true }, 'go-on'],
    ['sound there', { track: 'audio' }, 'go-on'],
    ['a picture that is displayed before one already there', { joins: false }, 'keep'],
    ['a picture without room before it', { dtsMs: 9_910 }, 'keep'],
    ['a picture that decoders cannot be led up to', { joins: false, keeps: false }, 'drop'],
    ['a late picture', { endMs: 11_000 }, 'keep'],
    ['a late keyframe', { endMs: 11_000, keyframe: true }, 'keep'],
    ['late sound', { track: 'audio', endMs: 11_000 }, 'drop'],
    ['a picture that stays late', { endMs: 11_000, lateForMs: 300 }, 'move'],
    ['sound that stays late', { track: 'audio', endMs: 11_000, lateForMs: 300 }, 'move'],
    ['a lost picture that stays late', { endMs: 11_000, lateForMs: 300, keeps: false }, 'drop'],
  ];
  it.each(cases)('%s', (_name, changes, step) => expect(planReturn(media(changes))).toBe(step));
});
