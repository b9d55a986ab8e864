/** The bytes of all pieces in memory of their own: what Buffer.from and Buffer.concat make of a few bytes keeps a whole pool of 64 KiB. */
export function unpooled(...pieces: readonly Buffer[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((bytes, { length }) => bytes + length, 0));
  let at = 0;
  for (const piece of pieces) at += piece.copy(whole, at);
  return whole;
}
