/**
 * A number drawn as black and white blocks, which survives scaling and lossy coding: 42 bits of Unix milliseconds, most
 * significant first, then a checksum of 6 bits (the seven groups of six, exclusive-or, with all bits turned so that an
 * all-black picture is not a valid zero).
 */
export const CLOCK_BITS = 48;
export const CLOCK_COLUMNS = 16;
export const CLOCK_ROWS = 3;

/** The bits of a clock, first block first. */
export function encodeClock(ms: number): boolean[] {
  const bits: boolean[] = [];
  let checksum = 0b111111;
  for (let group = 6; group >= 0; group -= 1) {
    const six = Math.floor(ms / 64 ** group) % 64;
    checksum ^= six;
    for (let bit = 5; bit >= 0; bit -= 1) bits.push(((six >> bit) & 1) === 1);
  }
  for (let bit = 5; bit >= 0; bit -= 1) bits.push(((checksum >> bit) & 1) === 1);
  return bits;
}

/** The milliseconds, or undefined where the checksum is wrong. */
export function decodeClock(bits: readonly boolean[]): number | undefined {
  if (bits.length !== CLOCK_BITS) return undefined;
  let ms = 0;
  let checksum = 0b111111;
  for (let group = 0; group < 8; group += 1) {
    let six = 0;
    for (let bit = 0; bit < 6; bit += 1) six = six * 2 + (bits[group * 6 + bit] ? 1 : 0);
    checksum ^= six;
    if (group < 7) ms = ms * 64 + six;
  }
  return checksum === 0 ? ms : undefined;
}
