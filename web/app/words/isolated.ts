const FIRST_STRONG_ISOLATE = '\u2068';
const POP_DIRECTIONAL_ISOLATE = '\u2069';

/**
 * A streamer's words within a sentence: whatever their direction, and whatever overrides they hold, the rest of the
 * sentence reads on (Unicode UAX 9, isolates).
 */
export function isolated(text: string): string {
  return FIRST_STRONG_ISOLATE + text + POP_DIRECTIONAL_ISOLATE;
}
