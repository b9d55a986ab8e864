/** A hue (0-359) that is always the same for a name and spreads over similar names (FNV-1a, 32 bits). */
export function posterHue(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0) % 360;
}
