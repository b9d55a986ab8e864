import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextPosition, parseMaster, parseMedia } from '@showrunner/tests/support';

const RETRY_MS = 200;

interface Listed {
  /** Milliseconds between two clocks: of this machine when the part came, and of the show when its first frame was made. */
  readonly behind: number;
  /** By `performance.now()`. */
  readonly at: number;
}

/** A viewer of one show who asks for each part before it is there and for its media then, and notes when it came. */
export class PartWatch {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #parts: Listed[] = [];
  readonly #closed = new AbortController();
  #failures = 0;
  #following: Promise<void> | undefined;

  /** Failed requests so far. */
  get failures(): number {
    return this.#failures;
  }

  start(masterUrl: string): void {
    this.#following ??= this.#follow(masterUrl);
  }

  /** How much later than the least late part of all each part since then came, in milliseconds. */
  lateness(since: number): number[] {
    const least = this.#parts.reduce((least, { behind }) => Math.min(least, behind), Infinity);
    return this.#parts.filter(({ at }) => at >= since).map(({ behind }) => behind - least);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#following;
    this.#agent.destroy();
  }

  async #follow(masterUrl: string): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        const master = parseMaster((await this.#get(masterUrl)).toString());
        const url = new URL(master.variants[0]?.uri ?? '', masterUrl).href;
        await this.#followPlaylist(url);
      } catch {
        if (signal.aborted) return;
        this.#failures += 1;
        await sleep(RETRY_MS);
      }
    }
  }

  async #followPlaylist(url: string): Promise<void> {
    let playlist = parseMedia((await this.#get(url)).toString());
    for (;;) {
      const { msn, part } = nextPosition(playlist);
      playlist = parseMedia((await this.#get(`${url}?_HLS_msn=${msn}&_HLS_part=${part}`)).toString());
      const now = performance.now();
      const segment = playlist.segments.find(({ sequence }) => sequence === msn);
      const listed = segment?.parts[part];
      if (!segment || !listed || segment.programDateTime === undefined) continue;
      const before = segment.parts.slice(0, part).reduce((sum, { duration }) => sum + duration, 0);
      const madeAt = segment.programDateTime + before * 1_000;
      this.#parts.push({ behind: performance.timeOrigin + now - madeAt, at: now });
      await this.#get(new URL(listed.uri, url).href);
    }
  }

  #get(url: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      get(url, { agent: this.#agent, signal: this.#closed.signal }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks));
          else reject(new Error(`${url} was answered ${response.statusCode}`));
        });
      }).once('error', reject);
    });
  }
}
