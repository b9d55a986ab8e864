import { describe, expect, it } from 'vitest';
import { frameWords } from './frame-words.ts';

const NOW = new Date(2026, 10, 21, 12, 0).getTime();

describe('frameWords', () => {
  it('say when a show starts', () => {
    const startAt = new Date(2026, 10, 21, 20, 0).getTime();
    expect(frameWords({ kind: 'soon', startAt }, 'Friday night', NOW).sentence).toBe(
      '\u2068Friday night\u2069 starts today 20:00.',
    );
  });

  it('read on after a title that turns the direction of writing round', () => {
    // The override ends with the isolate that holds it.
    expect(frameWords({ kind: 'ended' }, '\u202eevil', NOW).sentence).toBe('\u2068\u202eevil\u2069 has ended.');
  });

  it('say of a show that is gone that it was taken down', () => {
    expect(frameWords({ kind: 'taken-down', began: true }, 'Friday night', NOW)).toEqual({
      sentence: '\u2068Friday night\u2069 has ended.',
      hint: 'This show was taken down.',
    });
    expect(frameWords({ kind: 'taken-down', began: false }, 'Friday night', NOW).sentence).toBe(
      '\u2068Friday night\u2069 was taken down.',
    );
  });

  it('are none over the picture', () => {
    expect(frameWords({ kind: 'none' }, 'x', NOW)).toEqual({ sentence: '', hint: '' });
  });
});
