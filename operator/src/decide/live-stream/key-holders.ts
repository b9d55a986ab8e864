/**
 * Which stream holds which key, by its hash: who had it first keeps it, whoever waits for it is remembered. Streams are named
 * namespace/name. Every call takes constant time, however many streams there are.
 */
export class KeyHolders {
  readonly #holders = new Map<string, string>();
  readonly #held = new Map<string, string>();
  /** By hash. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #awaited = new Map<string, string>();

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /**
   * The stream's present key (`undefined` where it has none); it lets go of its former one. Answers which other stream
   * holds the key, and which streams wait for the one that became free.
   */
  claim(id: string, hash: string | undefined): { usedBy: string | undefined; freedFor: string[] } {
    const freedFor = this.#held.get(id) === hash ? [] : this.release(id);
    this.#stopWaiting(id);
    if (hash === undefined) return { usedBy: undefined, freedFor };
    const holder = this.#holders.get(hash) ?? id;
    if (holder !== id) {
      this.#awaited.set(id, hash);
      this.#waiting.set(hash, (this.#waiting.get(hash) ?? new Set()).add(id));
      return { usedBy: holder, freedFor };
    }
    this.#holders.set(hash, id);
    this.#held.set(id, hash);
    return { usedBy: undefined, freedFor };
  }

  /** The stream lets go of its key and waits for none. Answers which streams wait for the one that became free. */
  release(id: string): string[] {
    this.#stopWaiting(id);
    const hash = this.#held.get(id);
    if (hash === undefined) return [];
    this.#held.delete(id);
    this.#holders.delete(hash);
    return [...(this.#waiting.get(hash) ?? [])];
  }

  #stopWaiting(id: string): void {
    const hash = this.#awaited.get(id);
    if (hash === undefined) return;
    this.#awaited.delete(id);
    const others = this.#waiting.get(hash);
    others?.delete(id);
    if (others?.size === 0) this.#waiting.delete(hash);
  }
}
