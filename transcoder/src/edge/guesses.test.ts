import { expect, it } from 'vitest';
import { Guesses } from './guesses.ts';

it('have so many places at a time, and a place is free again after a second at the earliest', () => {
  let now = 0;
  const guesses = new Guesses(2, () => now);
  guesses.began();
  now = 400;
  guesses.began();
  expect(guesses.hasRoom).toBe(false);
  guesses.ended();
  guesses.ended();
  expect(guesses.hasRoom).toBe(false);
  now = 1_000;
  expect(guesses.hasRoom).toBe(true);
  guesses.began();
  expect(guesses.hasRoom).toBe(false);
  now = 1_400;
  guesses.began();
  now = 9_000;
  expect(guesses.hasRoom).toBe(false);
  guesses.ended();
  expect(guesses.hasRoom).toBe(true);
});
