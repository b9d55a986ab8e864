/** One buffer of their size with memory of its own: a piece of a pool that is kept for long keeps all of the pool. */
export function joinBuffers(pieces: readonly Buffer[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) at += piece.copy(joined, at);
  return joined;
}
