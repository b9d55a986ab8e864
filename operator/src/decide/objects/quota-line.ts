/** What is free of all that the quotas of a namespace limit, by `quota/resource`. */
export type Room = Readonly<Record<string, number>>;

/** `open`: no quota has refused it anything; `wait`: there is no room, or others come first; `try`: it may see whether there is room now. */
export type Turn = 'open' | 'wait' | 'try';

/**
 * How a resource stands with the quotas of its namespace. `enough`: it has all its pods, or wants none; `pending`: they are being made;
 * `lacking`: a quota refuses some of them, and it holds the others; `waiting`: it has given those back.
 */
export type Standing = 'enough' | 'pending' | 'lacking' | 'waiting';

interface Line {
  /** With the generation that was refused, in the order of their turns. */
  waiting: Map<string, number | undefined>;
  /** Who lacks something and gives nothing back: what becomes free is theirs. */
  readonly lacking: Set<string>;
  trying: string | undefined;
  /** What was free when the last attempt began, where that came to nothing. */
  tried: Room | undefined;
}

const namespaceOf = (id: string) => id.slice(0, id.indexOf('/'));

/** Whether there is more of anything, or what is limited is something else: a quota that came was not there at the attempt. */
function hasGrown(before: Room, now: Room): boolean {
  const isNew = Object.keys(now).some((limit) => !(limit in before));
  return isNew || Object.entries(before).some(([limit, free]) => (now[limit] ?? Infinity) > free);
}

/**
 * Who waits for room in the quotas of a namespace, and whose turn it is. One after the other: where all tried at once, each would
 * get hold of a part and none of the whole. Nobody tries before more has become free than there was at the last attempt. Resources
 * are named namespace/name.
 */
export class QuotaLine {
  readonly #roomOf: (namespace: string) => Room;
  /** Of namespaces where somebody waits or lacks something. */
  readonly #lines = new Map<string, Line>();

  constructor(roomOf: (namespace: string) => Room) {
    this.#roomOf = roomOf;
  }

  /** One that was changed since it was refused may need less. */
  turnOf(id: string, generation: number | undefined): Turn {
    const line = this.#lines.get(namespaceOf(id));
    if (line?.trying === id) return 'try';
    return line?.waiting.has(id) && line.waiting.get(id) === generation ? 'wait' : 'open';
  }

  /** Takes in how a resource stands. Answers whose turn it is now, where that has changed. */
  stands(id: string, standing: Standing, generation: number | undefined): string[] {
    const namespace = namespaceOf(id);
    const known = this.#lines.get(namespace);
    if (!known && (standing === 'enough' || standing === 'pending')) return [];
    const line = known ?? { waiting: new Map(), lacking: new Set(), trying: undefined, tried: undefined };
    this.#lines.set(namespace, line);
    if (standing === 'lacking') line.lacking.add(id);
    else line.lacking.delete(id);
    if (standing === 'waiting') {
      // Who tried in vain lets others try first: they may need less.
      if (line.trying === id) {
        line.trying = undefined;
        line.waiting.delete(id);
      }
      line.waiting.set(id, generation);
    } else if (standing === 'enough') {
      if (line.trying === id) {
        line.trying = undefined;
        // There may be room for another.
        line.tried = undefined;
      }
      line.waiting.delete(id);
    }
    return this.next(namespace);
  }

  /** It is gone. Answers whose turn it is now, where that has changed. */
  leave(id: string): string[] {
    return this.stands(id, 'enough', undefined);
  }

  /** Somebody is at its door: the next turn is its. */
  hurry(id: string): void {
    const line = this.#lines.get(namespaceOf(id));
    if (line?.waiting.has(id)) line.waiting = new Map([[id, line.waiting.get(id)], ...line.waiting]);
  }

  /** To be asked when there may be more room. Answers whose turn it is now, where that has changed. */
  next(namespace: string): string[] {
    const line = this.#lines.get(namespace);
    if (!line) return [];
    const [first] = line.waiting.keys();
    if (first === undefined && line.lacking.size === 0) this.#lines.delete(namespace);
    const isTaken = line.trying !== undefined || line.lacking.size > 0;
    if (first === undefined || isTaken) return [];
    const room = this.#roomOf(namespace);
    if (line.tried && !hasGrown(line.tried, room)) return [];
    line.tried = room;
    line.trying = first;
    return [first];
  }
}
