import type { Logger } from '../logger.ts';
import { streamId, type FlvSink, type FlvSource, type StreamRef } from '../seams/flv-source.ts';
import { FlvLink } from './flv-link.ts';
import type { LinkState } from './linked-show.ts';

export interface HttpFlvSourceOptions {
  /** Where ingest serves `/flv/`: `http://host:port`. */
  readonly url: string;
  /** What ingest wants to be shown, at the time of asking. */
  readonly token: () => string;
  /** How long a show stays open while its publisher, or the link to it, is away: milliseconds. */
  readonly graceMs: (stream: StreamRef) => number;
  readonly logger: Logger;
}

/**
 * Live streams of an ingest elsewhere, over HTTP-FLV with marks (`?follow`), one connection for each subscription. It is
 * there for as long as the subscription is, through shows and the time between them, and is made anew when it breaks.
 *
 * A sink that is slow holds up its own connection: tags are read as fast as it takes them, since its calls are synchronous.
 * What piles up does so at the ingest, which bounds it and hangs up.
 */
export class HttpFlvSource implements FlvSource {
  readonly #options: HttpFlvSourceOptions;
  readonly #links = new Map<string, Set<FlvLink>>();

  constructor(options: HttpFlvSourceOptions) {
    this.#options = options;
  }

  subscribe: FlvSource['subscribe'] = (stream, sink, options) => {
    const id = streamId(stream);
    const links = this.#links.get(id) ?? new Set();
    this.#links.set(id, links);
    const link = this.#link(stream, sink, options?.replay ?? false);
    links.add(link);
    return {
      close: () => {
        link.close();
        links.delete(link);
        if (links.size === 0) this.#links.delete(id);
      },
    };
  };

  /** What ingest said last of a stream that is subscribed to; `undefined` while there is no connection. */
  state(stream: StreamRef): LinkState {
    for (const { state } of this.#links.get(streamId(stream)) ?? []) if (state) return state;
    return undefined;
  }

  #link(stream: StreamRef, sink: FlvSink, replay: boolean): FlvLink {
    const { url, token, graceMs, logger } = this.#options;
    return new FlvLink({
      url: new URL(`/flv/${streamId(stream)}.flv?follow`, url),
      replay,
      token,
      sink,
      graceMs: () => graceMs(stream),
      logger: logger.child({ stream: streamId(stream) }),
    });
  }
}
