import type { Exchange } from '@showrunner/transcoder';

/** A viewer asks at least this often while a show runs. */
const VIEWER_INTERVAL_MS = 10_000;
/** Plain players ask once per segment: two seconds by default, and a little for the way. */
const FAREWELL_MS = 2_500;

/** Remembers when viewers last asked for media, so that the end can wait for them to hear of it. */
export class LastViewers {
  readonly #now: () => number;
  #lastRequest = -Infinity;

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** The same, with its requests noted. */
  watch(media: (exchange: Exchange) => boolean): (exchange: Exchange) => boolean {
    return (exchange) => {
      const isOurs = media(exchange);
      if (isOurs) this.#lastRequest = this.#now();
      return isOurs;
    };
  }

  /** Waits long enough for players without blocking reloads to read the last playlist; not at all without viewers. */
  async farewell(): Promise<void> {
    if (this.#now() - this.#lastRequest > VIEWER_INTERVAL_MS) return;
    await new Promise((resolve) => setTimeout(resolve, FAREWELL_MS));
  }
}
