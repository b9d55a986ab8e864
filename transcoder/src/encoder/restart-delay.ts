const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** A child that ran this long was well: what follows is a first failure again. */
export const WELL_AFTER_MS = 30_000;

/**
 * Milliseconds to wait after the nth failure in a row (from 1): doubling, half of it by chance (`random` from 0 to 1),
 * so that the encoders of many shows do not come back at the same moment.
 */
export function restartDelayMs(failures: number, random: number): number {
  const longest = Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);
  return (longest * (1 + random)) / 2;
}
