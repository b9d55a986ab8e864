/**
 * Which stream holds which keys, by their hashes: who had one first keeps it for as long as it accepts it, whoever waits for it is
 * remembered. Streams are named namespace/name. Every call takes constant time, however many streams there are.
 */
export class KeyHolders {
  readonly #holders = new Map<string, string>();
  readonly #held = new Map<string, readonly string[]>();
  /** By hash. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #awaited = new Map<string, string>();

  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /**
   * The stream's present key (`undefined` where it has none) and former ones that it still accepts: to give one of these to
   * another stream would give it the publishers too. It lets go of all others. Answers which other stream holds the present key, and
   * which streams wait for those that became free.
   */
  claim(
    id: string,
    present: string | undefined,
    former: readonly string[],
  ): { usedBy: string | undefined; freedFor: string[] } {
    this.#stopWaiting(id);
    const freedFor = this.#hold(id, present === undefined ? former : [present, ...former]);
    if (present === undefined) return { usedBy: undefined, freedFor };
    const holder = this.#holders.get(present);
    if (holder === id) return { usedBy: undefined, freedFor };
    this.#awaited.set(id, present);
    this.#waiting.set(present, (this.#waiting.get(present) ?? new Set()).add(id));
    return { usedBy: holder, freedFor };
  }

  /** The stream lets go of its keys and waits for none. Answers which streams wait for those that became free. */
  release(id: string): string[] {
    this.#stopWaiting(id);
    return this.#hold(id, []);
  }

  #hold(id: string, wanted: readonly string[]): string[] {
    const held = wanted.filter((hash) => (this.#holders.get(hash) ?? id) === id);
    const freed = (this.#held.get(id) ?? []).filter((hash) => !held.includes(hash));
    for (const hash of freed) this.#holders.delete(hash);
    for (const hash of held) this.#holders.set(hash, id);
    if (held.length > 0) this.#held.set(id, held);
    else this.#held.delete(id);
    return freed.flatMap((hash) => [...(this.#waiting.get(hash) ?? [])]);
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
