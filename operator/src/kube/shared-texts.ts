import { BoundedMap } from './bounded-map.ts';

const CAPACITY = 2_000;

/**
 * Keeps one copy of texts that come again and again: each object that is parsed brings its own. The latest ones are remembered,
 * so that the moment which several conditions of one object name is shared too.
 */
export class SharedTexts {
  readonly #texts = new BoundedMap<string, string>(CAPACITY);

  /**
   * The value itself, its texts exchanged for equal ones.
   * @param kept Texts that are kept anyhow and may be among those of the value.
   */
  in<T>(value: T, kept: readonly string[] = []): T {
    if (typeof value === 'string') return (kept.find((text) => text === value) ?? this.#shared(value)) as T;
    if (typeof value !== 'object' || value === null) return value;
    const parts = value as Record<string, unknown>;
    for (const key of Object.keys(parts)) parts[key] = this.in(parts[key], kept);
    return value;
  }

  #shared(text: string): string {
    const known = this.#texts.get(text) ?? text;
    this.#texts.set(known, known);
    return known;
  }
}
