import { expect, it } from 'vitest';
import { Part } from './part.ts';

const facts = { duration: 0.2, independent: false, videoSamples: 0, audioSamples: 0 };

it('a part without media stays a gap, whoever asks for its bytes', () => {
  const gap = new Part([], facts);
  expect(gap.bytes).toHaveLength(0);
  expect(gap.gap).toBe(true);
  const part = new Part([Buffer.from('a'), Buffer.from('b')], facts);
  expect([part.bytes.toString(), part.gap, part.byteLength]).toEqual(['ab', false, 2]);
});
