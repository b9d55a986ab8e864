import { withoutWaiting, type Asked } from './asked.ts';
import { BudgetShare, type BudgetedBody, type ByteBudget } from './byte-budget.ts';
import { newestListed, type Newest } from './newest-listed.ts';

interface Seen extends BudgetedBody {
  readonly newest: Newest;
  /** The end of the playlist, as it came. */
  readonly text: string;
}

/** Playlists of one stream, with and without delta updates, that are remembered: far more than a ladder has. */
const MOST_PLAYLISTS = 64;
/** Of each, from its end: more than one of a full window has. */
const MOST_BYTES = 32 * 1024;
/** What one takes beside its text. */
const OVERHEAD_BYTES = 512;

/** What the playlists of one stream said when they last came: how far they go, and what there is. */
export class SeenPlaylists {
  readonly #seen = new Map<string, Seen>();
  readonly #share: BudgetShare;

  /** @param budget Of the playlists of all streams: of the one that takes most the largest is forgotten first. */
  constructor(budget: ByteBudget) {
    this.#share = new BudgetShare(budget);
  }

  /** @param target Of who takes the playlist as it is. */
  read(target: string, playlist: Buffer): void {
    const newest = newestListed(playlist.toString('latin1'));
    if (!newest || (!this.#seen.has(target) && this.#seen.size >= MOST_PLAYLISTS)) return;
    // Not cut off the longer string, which would be kept with it.
    const text = playlist.toString('latin1', Math.max(0, playlist.length - MOST_BYTES));
    this.#drop(target);
    const seen = { newest, text, giveWay: () => void this.#seen.delete(target) };
    if (this.#share.take(seen, text.length + OVERHEAD_BYTES)) this.#seen.set(target, seen);
  }

  forget(): void {
    for (const target of this.#seen.keys()) this.#drop(target);
  }

  newest(target: string): Newest | undefined {
    return this.#seen.get(target)?.newest;
  }

  /** Whether this is there, as far as is known. What is not listed may be there too: it came or went a moment ago. */
  lists(asked: Asked): boolean {
    const { kind, target } = withoutWaiting(asked);
    if (kind === 'master' || this.#seen.has(target)) return true;
    const [path = ''] = target.split('?', 1);
    const file = path.lastIndexOf('/') + 1;
    const folder = path.slice(0, file);
    if (kind !== 'playlist') {
      const playlist = `${folder}playlist.m3u8`;
      const name = path.slice(file);
      return this.#has(playlist, name) || this.#has(`${playlist}?_HLS_skip=YES`, name);
    }
    const rendition = folder.lastIndexOf('/', file - 2) + 1;
    return this.#has(`${path.slice(0, rendition)}master.m3u8`, path.slice(rendition));
  }

  #drop(target: string): void {
    const seen = this.#seen.get(target);
    if (!seen) return;
    this.#share.release(seen);
    this.#seen.delete(target);
  }

  /** In a tag, or on a line of its own. */
  #has(target: string, name: string): boolean {
    const { text = '' } = this.#seen.get(target) ?? {};
    return text.includes(`"${name}"`) || text.includes(`\n${name}\n`);
  }
}
