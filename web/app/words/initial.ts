const letters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** The first letter of a title as a reader counts letters: an emoji or a letter with its accents is one. */
export function initial(title: string): string {
  const [first] = letters.segment(title.trim());
  return first?.segment.toUpperCase() ?? '';
}
