const FIRST_MS = 100;
/** A link that is there before the first publisher is let in has the show from its first keyframe on. */
const LONGEST_MS = 300;

/**
 * Milliseconds until the next attempt: 100 ms, doubled up to 300, and of that between half and all.
 * @param attempts How many have failed in a row before this one.
 * @param random From 0 to 1, so that those who lost the same peer do not come back at once.
 */
export function reconnectDelayMs(attempts: number, random: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 10));
  return most * (0.5 + random / 2);
}
