import { withoutWaiting, type Asked } from './asked.ts';
import { newestListed, type Newest } from './newest-listed.ts';

interface Seen {
  readonly newest: Newest;
  readonly files: ReadonlySet<string>;
}

/** Playlists of one stream, with and without delta updates, that are remembered: far more than a ladder has. */
const MOST_PLAYLISTS = 64;
/** Names of one playlist that are remembered: far more than a full window has. */
const MOST_FILES = 1024;
/** What a tag names, or a line that is no tag. */
const NAME = /(?:URI="|\n)([^"#\n]{1,64})(?=["\n])/g;

/** What the playlists of one stream said when they last came: how far they go, and what there is. */
export class SeenPlaylists {
  readonly #seen = new Map<string, Seen>();

  /** @param target Of who takes the playlist as it is. */
  read(target: string, playlist: string): void {
    const newest = newestListed(playlist);
    if (!newest || (!this.#seen.has(target) && this.#seen.size >= MOST_PLAYLISTS)) return;
    const names = Array.from(playlist.matchAll(NAME), ([, name]) => name!);
    this.#seen.set(target, { newest, files: new Set(names.slice(-MOST_FILES)) });
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
      return [playlist, `${playlist}?_HLS_skip=YES`].some((one) => this.#seen.get(one)?.files.has(name));
    }
    const rendition = folder.lastIndexOf('/', file - 2) + 1;
    return this.#seen.get(`${path.slice(0, rendition)}master.m3u8`)?.files.has(path.slice(rendition)) ?? false;
  }
}
