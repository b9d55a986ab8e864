import { withoutWaiting, type Asked } from './asked.ts';
import { newestListed, type Newest } from './newest-listed.ts';

interface Seen {
  readonly newest: Newest;
  /** The end of the playlist, as it came. */
  readonly text: string;
}

/** Playlists of one stream, with and without delta updates, that are remembered: far more than a ladder has. */
const MOST_PLAYLISTS = 64;
/** Of each, from its end: more than one of a full window has. */
const MOST_BYTES = 32 * 1024;

/** What the playlists of one stream said when they last came: how far they go, and what there is. */
export class SeenPlaylists {
  readonly #seen = new Map<string, Seen>();

  /** @param target Of who takes the playlist as it is. */
  read(target: string, playlist: Buffer): void {
    const newest = newestListed(playlist.toString('latin1'));
    if (!newest || (!this.#seen.has(target) && this.#seen.size >= MOST_PLAYLISTS)) return;
    // Not cut off the longer string, which would be kept with it.
    this.#seen.set(target, { newest, text: playlist.toString('latin1', Math.max(0, playlist.length - MOST_BYTES)) });
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

  /** In a tag, or on a line of its own. */
  #has(target: string, name: string): boolean {
    const { text = '' } = this.#seen.get(target) ?? {};
    return text.includes(`"${name}"`) || text.includes(`\n${name}\n`);
  }
}
