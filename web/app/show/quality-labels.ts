import type { QualityLevel } from '../player/player-snapshot.ts';

/**
 * Names of quality levels for a menu, best first: the best is what the streamer sends, as it came; the others go by
 * their height, and by their bitrate too where two have the same.
 */
export function qualityLabels(levels: readonly QualityLevel[]): { readonly id: string; readonly label: string }[] {
  const best = levels.toSorted((a, b) => (b.height ?? 0) - (a.height ?? 0) || b.bandwidth - a.bandwidth);
  return best.map((level, index) => {
    if (index === 0)
      return { id: level.id, label: level.height === undefined ? 'Source' : `Source (${level.height}p)` };
    if (level.height === undefined) return { id: level.id, label: megabits(level.bandwidth) };
    const twin = best.some((other, at) => at > 0 && other !== level && other.height === level.height);
    return { id: level.id, label: twin ? `${level.height}p, ${megabits(level.bandwidth)}` : `${level.height}p` };
  });
}

function megabits(bandwidth: number): string {
  return `${(bandwidth / 1e6).toFixed(1)} Mbit/s`;
}
