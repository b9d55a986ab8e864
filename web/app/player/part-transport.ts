import type { MediaPlaylist } from './media-playlist.ts';
import { partsAfter } from './part-order.ts';
import { FetchError, fetchPart, PartRequest, type Fetched } from './part-request.ts';
import type { XhrOptions } from './vhs.ts';

/** Parts fetched ahead of the segment loader. A browser opens six connections to a host; one waits for the playlist. */
const AHEAD = 4;
/** Weight of the newest part in the estimate of bandwidth, and the most that is believed, in bits per second. */
const BANDWIDTH_WEIGHT = 0.1;
const BANDWIDTH_MAX = 100e6;
const FIRST_BANDWIDTH = 20e6;

interface Ahead {
  readonly abort: AbortController;
  readonly fetched: Promise<Fetched>;
}

/**
 * Fetches parts for VHS. VHS asks for one part after the other, each after the playlist that lists it: the delay of
 * both adds up. Here the parts that will be asked for are fetched as soon as a playlist names them, the hinted next
 * part before it exists, so that a part arrives when its playlist does.
 */
export class PartTransport {
  readonly #ahead = new Map<string, Ahead>();
  #last: string | undefined;
  #bandwidth = FIRST_BANDWIDTH;
  #closed = false;

  /** A playlist arrived: fetches what follows the part that was asked for last. */
  playlistArrived(playlist: MediaPlaylist): void {
    if (this.#closed || this.#last === undefined || playlist.endList === true) return;
    const next = partsAfter(playlist, this.#last, AHEAD);
    for (const [uri, ahead] of this.#ahead) {
      if (next.includes(uri)) continue;
      ahead.abort.abort();
      this.#ahead.delete(uri);
    }
    for (const uri of next) {
      if (this.#ahead.has(uri)) continue;
      const abort = new AbortController();
      const fetched = fetchPart(uri, abort.signal);
      // Whoever asks for the part hears of a failure; nobody may.
      fetched.catch(() => undefined);
      this.#ahead.set(uri, { abort, fetched });
    }
  }

  /** Answers a request of VHS for a part. `done` gets an error or null, as its xhr would give. */
  request(options: XhrOptions, done: (error: Error | null, request: PartRequest) => void): PartRequest {
    const request = new PartRequest(options.uri);
    this.#last = options.uri;
    const timer =
      options.timeout !== undefined && options.timeout > 0
        ? setTimeout(() => {
            request.fail(0, true);
            done(new Error(`${options.uri} took longer than ${options.timeout} ms.`), request);
          }, options.timeout)
        : undefined;
    request.signal.addEventListener('abort', () => clearTimeout(timer));
    this.#take(options.uri, request.signal).then(
      ({ body, bandwidth }) => {
        if (request.signal.aborted) return;
        this.#bandwidth += BANDWIDTH_WEIGHT * (Math.min(BANDWIDTH_MAX, bandwidth) - this.#bandwidth);
        request.finish(body, Math.round(this.#bandwidth));
        done(null, request);
      },
      (error: unknown) => {
        if (request.signal.aborted) return;
        request.fail(error instanceof FetchError ? error.status : 0, false);
        done(error instanceof Error ? error : new Error(String(error)), request);
      },
    );
    return request;
  }

  close(): void {
    this.#closed = true;
    for (const { abort } of this.#ahead.values()) abort.abort();
    this.#ahead.clear();
  }

  async #take(uri: string, signal: AbortSignal): Promise<Fetched> {
    const ahead = this.#ahead.get(uri);
    this.#ahead.delete(uri);
    if (!ahead) return fetchPart(uri, signal);
    signal.addEventListener('abort', () => ahead.abort.abort());
    // A server may refuse a part that does not exist yet; by now it does.
    return ahead.fetched.catch((error: unknown) => {
      if (signal.aborted) throw error;
      return fetchPart(uri, signal);
    });
  }
}
