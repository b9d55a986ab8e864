export interface BackOff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures in a row (at least one), in ms: doubling, and somewhere in the upper half, so that
 * those who failed together do not come back together.
 */
export function backOffMs({ firstMs, maxMs }: BackOff, failures: number, random: () => number = Math.random): number {
  const full = Math.min(firstMs * 2 ** Math.min(failures - 1, 30), maxMs);
  return Math.round(full * (0.5 + random() / 2));
}
