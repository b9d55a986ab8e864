/** Which stream holds which key, by its hash: who had it first keeps it. Streams are named namespace/name. */
export class KeyHolders {
  readonly #holders = new Map<string, string>();
  readonly #held = new Map<string, string>();

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /**
   * The stream's present key (`undefined` where it has none); it lets go of its former one. Answers which other stream
   * holds the key, and whether a key became free that others may wait for.
   */
  claim(id: string, hash: string | undefined): { usedBy: string | undefined; freed: boolean } {
    const freed = this.#held.get(id) !== hash && this.release(id);
    if (hash === undefined) return { usedBy: undefined, freed };
    const holder = this.#holders.get(hash) ?? id;
    if (holder !== id) return { usedBy: holder, freed };
    this.#holders.set(hash, id);
    this.#held.set(id, hash);
    return { usedBy: undefined, freed };
  }

  /** Answers whether the stream had a key. */
  release(id: string): boolean {
    const hash = this.#held.get(id);
    if (hash === undefined) return false;
    this.#held.delete(id);
    this.#holders.delete(hash);
    return true;
  }
}
